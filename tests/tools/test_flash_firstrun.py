from __future__ import annotations

import shutil
import subprocess
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeinfer.tools.flash_firstrun import command_line, connection, files
from edgeinfer.tools.flash_identity import Identity, Wifi
from tests.tools.cards import CMDLINE, PUBLIC_KEY

SETTINGS = "edgeinfer/settings.sh"


def _value(text: str, name: str) -> str:
    script = f'{text}\nprintf %s "${name}"'
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
    return done.stdout


@settings(max_examples=30)  # each is a shell of its own
@given(st.text().filter(lambda text: text.isprintable()))
def test_any_comment_of_a_key_comes_back_in_a_shell(comment: str) -> None:
    keys = (f"{PUBLIC_KEY} {comment}", PUBLIC_KEY)
    text = files(Identity("porch", "pi", keys))[SETTINGS]
    assert _value(text, "EDGEINFER_SSH_KEYS") == "\n".join(keys)


def test_the_settings_say_who_the_pi_is() -> None:
    text = files(Identity("porch", "ada", wifi=Wifi("Home", "", "GB")))[SETTINGS]
    assert _value(text, "EDGEINFER_HOSTNAME") == "porch"
    assert _value(text, "EDGEINFER_USER") == "ada"
    assert _value(text, "EDGEINFER_WIFI_COUNTRY") == "GB"


def test_the_kernel_runs_the_script_once_and_restarts() -> None:
    text = command_line(CMDLINE)
    assert text.count("\n") == 1
    assert text.startswith(CMDLINE.rstrip())
    assert "systemd.run=/boot/firmware/firstrun.sh" in text
    assert "systemd.run_success_action=reboot" in text


@pytest.mark.parametrize("there", ["root=a", "root=a\n", "root=a \r\n", "\nroot=a\n\n"])
def test_the_command_line_stays_one_line(there: str) -> None:
    assert command_line(there).startswith("root=a systemd.run=")


def test_without_wifi_there_is_no_connection() -> None:
    assert set(files(Identity("porch"))) == {SETTINGS}


def test_the_key_of_the_wifi_is_in_its_connection_alone() -> None:
    made = files(Identity("porch", wifi=Wifi("Home", "ab" * 32, "GB")))
    assert [name for name, text in made.items() if "ab" * 32 in text] == [
        "edgeinfer/wifi.nmconnection"
    ]


def test_a_connection_has_an_identity_that_stays() -> None:
    first, second = (connection(Wifi("Home", "", "GB")) for _ in range(2))
    assert first == second
    line = next(line for line in first.splitlines() if line.startswith("uuid="))
    assert UUID(line.removeprefix("uuid="))


AWKWARD = ['Büro: "x" \\ #1', ";1;2;", "[wifi]", " a ", "🦊", "65;66;", "\\s"]


def _nmcli(*words: str, keyfile: str = "") -> dict[str, str]:
    """NetworkManager's own tool without its service: the keyfile that it writes, by its keys."""
    nmcli = shutil.which("nmcli")
    if not nmcli:
        pytest.skip("nmcli is not here: apt install network-manager")
    done = subprocess.run(
        [nmcli, "--offline", "connection", *words],
        input=keyfile,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize("ssid", AWKWARD)
def test_network_manager_reads_any_name(ssid: str) -> None:
    ours = connection(Wifi(ssid, "ab" * 32, "GB"))
    read = _nmcli("modify", "connection.autoconnect", "yes", keyfile=ours)
    typed = _nmcli("add", "type", "wifi", "con-name", "x", "ssid", ssid)
    assert read["ssid"] == typed["ssid"]
    assert (read["psk"], read["key-mgmt"]) == ("ab" * 32, "wpa-psk")
