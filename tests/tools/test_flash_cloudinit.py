from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.tools.flash_cloudinit import files
from edgeinfer.tools.flash_identity import Identity, Wifi
from tests.tools.cards import PUBLIC_KEY

KEY = "ab" * 32
# What a person may type: quotes, colons, backslashes, umlauts, signs that YAML gives a meaning.
SSIDS = st.text(min_size=1).filter(lambda text: text.isprintable() and len(text.encode()) <= 32)
AWKWARD = ['Büro: "x" \\ #1', "it's", "- a", "{b}", "null", "yes", "1e3", "🦊", "&a *b", "%c", "~"]


def wifi(ssid: str) -> Identity:
    return Identity("porch", "pi", (PUBLIC_KEY,), Wifi(ssid, KEY, "DE"))


def ssids(document: dict[str, object]) -> list[str]:
    network = document["network"]
    assert isinstance(network, dict)
    return list(network["wifis"]["wlan0"]["access-points"])


@given(SSIDS)
def test_any_name_of_a_network_comes_back_as_json(ssid: str) -> None:
    assert ssids(json.loads(files(wifi(ssid))["network-config"])) == [ssid]


@given(SSIDS)
def test_any_name_of_a_network_comes_back_as_yaml(ssid: str) -> None:
    yaml = pytest.importorskip("yaml", reason="pip install pyyaml")
    assert ssids(yaml.safe_load(files(wifi(ssid))["network-config"])) == [ssid]


@given(st.text().filter(lambda text: text.isprintable()))
def test_any_comment_of_a_key_comes_back_as_yaml(comment: str) -> None:
    yaml = pytest.importorskip("yaml", reason="pip install pyyaml")
    line = f"{PUBLIC_KEY} {comment}"
    document = yaml.safe_load(files(Identity("porch", "pi", (line,)))["user-data"])
    assert document["users"][0]["ssh_authorized_keys"] == [line]


def test_the_user_data_begins_as_cloud_init_wants_it() -> None:
    assert files(Identity("porch"))["user-data"].startswith("#cloud-config\n")


def test_without_wifi_the_network_of_the_image_is_left_alone() -> None:
    assert set(files(Identity("porch"))) == {"meta-data", "user-data"}


def test_what_makes_the_rest_count_is_written_last() -> None:
    assert list(files(wifi("Home")))[-1] == "user-data"


def test_other_settings_are_another_instance() -> None:
    first, second = files(Identity("porch")), files(Identity("gate"))
    assert first["meta-data"] != second["meta-data"]
    assert first == files(Identity("porch"))


def test_a_person_has_a_key_and_no_password() -> None:
    document = json.loads(files(wifi("Home"))["user-data"].partition("\n")[2])
    person = document["users"][0]
    assert (person["lock_passwd"], person["ssh_authorized_keys"]) == (True, [PUBLIC_KEY])
    assert (document["ssh_pwauth"], document["enable_ssh"]) == (False, True)


def test_an_open_and_hidden_network_says_so() -> None:
    text = files(Identity("porch", wifi=Wifi("Home", "", "DE", hidden=True)))["network-config"]
    wlan = json.loads(text)["network"]["wifis"]["wlan0"]
    assert wlan["access-points"] == {"Home": {"hidden": True}}


# The tools that read these files on the Pi


def _tool(name: str) -> str:
    found = shutil.which(name, path="/usr/bin:/usr/sbin:/bin")
    if not found:
        pytest.skip(f"{name} is not here: apt install {name.replace('netplan', 'netplan.io')}")
    return found


@pytest.mark.parametrize("who", [Identity("porch"), wifi(AWKWARD[0])], ids=["cable", "wifi"])
def test_cloud_init_finds_the_user_data_valid(tmp_path: Path, who: Identity) -> None:
    (tmp_path / "user-data").write_text(files(who)["user-data"], encoding="utf-8")
    command = [_tool("cloud-init"), "schema", "--config-file", str(tmp_path / "user-data")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Valid cloud-config" in done.stdout


def _generated(root: Path, who: Identity, renderer: str) -> str:
    """What netplan makes of it for the program that runs the radio."""
    folder = root / "etc/netplan"
    folder.mkdir(parents=True)
    (folder / "50-cloud-init.yaml").write_text(files(who)["network-config"], encoding="utf-8")
    more = {"network": {"version": 2, "renderer": renderer}}
    (folder / "00-renderer.yaml").write_text(json.dumps(more))
    command = [_tool("netplan"), "generate", "--root-dir", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = [path for path in (root / "run").rglob("*wlan0*") if path.suffix != ".network"]
    return "\n".join(path.read_text(encoding="utf-8") for path in made if path.is_file())


@pytest.mark.parametrize("ssid", AWKWARD)
def test_netplan_hands_the_name_on_to_wpa_supplicant_as_it_is(tmp_path: Path, ssid: str) -> None:
    text = _generated(tmp_path, wifi(ssid), "networkd")
    assert f'ssid="{ssid}"' in text
    assert f"psk={KEY}" in text
    assert "country=DE" in text


def test_netplan_hands_the_network_on_to_network_manager(tmp_path: Path) -> None:
    text = _generated(tmp_path, wifi("Büro"), "NetworkManager")
    assert "ssid=Büro" in text
    assert f"psk={KEY}" in text


@pytest.mark.parametrize("hidden", [False, True])
def test_netplan_takes_an_open_network(tmp_path: Path, hidden: bool) -> None:
    who = Identity("porch", wifi=Wifi("Café", "", "FR", hidden))
    assert "key_mgmt=NONE" in _generated(tmp_path, who, "networkd")
