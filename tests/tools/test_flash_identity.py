from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.errors import ConfigError
from edgeinfer.tools.flash_identity import Wifi, Words, identity, key, public_keys
from tests.tools.cards import PUBLIC_KEY


def refused(**said: object) -> str:
    words = {"hostname": "porch", **said}
    with pytest.raises(ConfigError) as error:
        identity(Words(**words))  # type: ignore[arg-type] # what is wrong is the point
    return str(error.value)


@pytest.mark.parametrize(
    ("ssid", "password", "expected"),
    [  # IEEE 802.11, J.4.2
        ("IEEE", "password", "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"),
        (
            "ThisIsASSID",
            "ThisIsAPassword",
            "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af",
        ),
    ],
)
def test_the_key_is_that_of_the_standard(ssid: str, password: str, expected: str) -> None:
    assert key(ssid, password) == expected


def test_an_umlaut_is_the_same_however_the_keyboard_makes_it() -> None:
    assert key("Büro", "schl\u00fcssel") == key("Büro", "schlu\u0308ssel")


def test_a_key_that_was_made_already_is_taken() -> None:
    assert key("Home", "AB" * 32) == "ab" * 32


def test_an_open_network_has_no_key() -> None:
    assert identity(Words("porch", ssid="Café", country="FR")).wifi == Wifi("Café", "", "FR")


def test_the_password_and_the_key_are_in_no_repr() -> None:
    words = Words("porch", ssid="Home", password="opensesame", country="GB")
    assert "opensesame" not in repr(words)
    assert key("Home", "opensesame") not in repr(identity(words))


@pytest.mark.parametrize("password", ["short", "x" * 65, "ü" * 32, "tab\tinside", "z" * 64])
def test_a_password_that_no_network_has_is_refused_without_being_shown(password: str) -> None:
    said = refused(ssid="Home", password=password, country="GB")
    assert "the Wi-Fi password" in said
    assert password not in said


def test_a_password_is_measured_in_bytes() -> None:
    assert identity(Words("porch", ssid="Home", password="ü" * 31, country="GB")).wifi


@pytest.mark.parametrize("ssid", ["", "x" * 33, "ü" * 17, "a\nb", "\udcff"])
def test_a_name_that_no_network_has_is_refused(ssid: str) -> None:
    assert "--wifi" in refused(ssid=ssid, password="opensesame", country="GB")


@pytest.mark.parametrize("country", [None, "", "uk", "GBR", "G1", "UK", "XX"])
def test_a_radio_has_to_know_its_country(country: str | None) -> None:
    assert "--country" in refused(ssid="Home", password="opensesame", country=country)


def test_a_country_alone_is_no_network() -> None:
    assert "--wifi" in refused(country="GB")


@pytest.mark.parametrize("hostname", ["", "-a", "a-", "a_b", "a.b", "x" * 64, "büro", "a;reboot"])
def test_a_name_that_no_host_may_have_is_refused(hostname: str) -> None:
    assert "--hostname" in refused(hostname=hostname)


@pytest.mark.parametrize("user", ["", "root", "Pi", "1st", "a b", "$(reboot)"])
def test_a_name_that_nobody_can_have_is_refused(user: str) -> None:
    assert "--user" in refused(user=user)


def test_every_problem_is_said_at_once(tmp_path: Path) -> None:
    said = refused(hostname="a b", user="root", ssh_key=tmp_path / "none", ssid="", country="GB")
    assert len(said.splitlines()) == 4


def test_each_line_of_a_file_of_keys_is_one(tmp_path: Path) -> None:
    path = tmp_path / "authorized_keys"
    path.write_text(f"# mine\n{PUBLIC_KEY}\n\n{PUBLIC_KEY}\n")
    assert public_keys(path) == (PUBLIC_KEY, PUBLIC_KEY)


def test_a_private_key_stays_at_home(tmp_path: Path) -> None:
    path = tmp_path / "id_ed25519"
    path.write_text(
        "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n-----END OPENSSH PRIVATE KEY-----"
    )
    with pytest.raises(ConfigError, match=r"private key, which stays here; give .*id_ed25519\.pub"):
        public_keys(path)


@pytest.mark.parametrize(
    "text",
    ["", "# nothing", "hello", "ssh-ed25519 notbase64!", "ssh-rsa " + PUBLIC_KEY.split()[1]],
)
def test_what_is_no_public_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "id.pub"
    path.write_text(text)
    with pytest.raises(ConfigError, match="is no public key"):
        public_keys(path)


def test_a_picture_is_no_public_key(tmp_path: Path) -> None:
    path = tmp_path / "id.pub"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(ConfigError, match="is no public key"):
        public_keys(path)
