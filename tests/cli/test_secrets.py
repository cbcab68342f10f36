"""No secret is said: not in a log, a message, a report, an error, a file or a command line."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.brokers import DEADLINE_S, Mosquitto, free_port, listening
from tests.cli.running import Edgeinfer
from tests.cli.secrets import (
    HEADER,
    MQTT,
    OPTION,
    PATH,
    RTSP,
    RTSP_USER,
    Vault,
    arguments,
    children,
    mqtt,
    rtsp,
    webhook,
)
from tests.conftest import ROOT
from tests.sinks.web import Web
from tests.sources.rtsp import rtsp_camera


@pytest.fixture
def vault(edgeinfer: Edgeinfer) -> Vault:
    return Vault(edgeinfer)


def wait_for(path: Path) -> None:
    deadline_s = monotonic() + DEADLINE_S
    while not path.exists():
        assert monotonic() < deadline_s
        sleep(0.01)


def test_where_the_secrets_are_right(vault: Vault) -> None:
    with Mosquitto(vault.folder, {"porch": MQTT}) as broker, Web() as web:
        file = vault.write(mqtt(broker.uri), webhook(web.uri))
        with listening(broker, "#", "porch", MQTT) as listener:
            done = vault.run("run", "-v", "-c", file, "--frames", 3, "--json")
            listener.wait_for(lambda seen: sum(m.topic.endswith("/result") for m in seen) == 3)
        assert done.returncode == 0, done.stderr
        vault.run("check", "-c", file)
        vault.run("check", "--json", "-c", file)
        heard = [message.topic + message.payload for message in listener.messages]
    assert [posted.headers["Authorization"] for posted in web.posted] == [HEADER] * 3
    assert {posted.path for posted in web.posted} == {f"/{PATH}"}
    vault.look([*heard, *(posted.body.decode() for posted in web.posted)])


# A finite run waits five seconds for a sink that is away.
def test_where_the_secrets_are_refused(vault: Vault) -> None:
    with Mosquitto(vault.folder, {"porch": "another"}) as broker, Web(*[401] * 99) as web:
        file = vault.write(mqtt(broker.uri), webhook(web.uri))
        done = vault.run("run", "-v", "-c", file, "--frames", 2, "--json")
        assert done.returncode == 1
        reasons = [sink["reason"] for sink in json.loads(done.stdout)["sinks"]]
        assert "not authori" in reasons[0].lower()
        assert "401" in reasons[1]
        vault.run("check", "-c", file)
    vault.look()


def test_where_nobody_is_there_to_hear_them(vault: Vault) -> None:
    port = free_port()
    file = vault.write(
        mqtt(f"mqtt://127.0.0.1:{port}"), webhook(f"http://127.0.0.1:{port}"), source=rtsp(port)
    )
    done = vault.run("run", "-v", "-c", file)
    assert "connection refused" in done.stderr
    vault.run("check", "-c", file)
    vault.look()


def test_where_a_camera_refuses_them(vault: Vault) -> None:
    with rtsp_camera("admin", "another") as camera:
        file = vault.write(source=rtsp(camera.port))
        done = vault.run("run", "-v", "-c", file)
        assert "check path, user and password" in done.stderr
        vault.run("check", "--json", "-c", file)
    vault.look()


def test_where_a_camera_takes_them(vault: Vault) -> None:
    with rtsp_camera(RTSP_USER, RTSP) as camera:
        file = vault.write(source=rtsp(camera.port))
        done = vault.run("run", "-v", "-c", file, "--frames", 2)
    assert done.returncode == 0, done.stderr
    assert "2 results" in done.stderr
    vault.look()


WRONG = {
    "a password in a uri of MQTT": f'[[sink]]\ntype = "mqtt"\nuri = "mqtt://porch:{MQTT}@house"',
    "half a uri of MQTT": f'[[sink]]\ntype = "mqtt"\nuri = "mqtt://porch:{MQTT}@house:x"',
    "a list for a uri": f'[[sink]]\ntype = "mqtt"\nuri = ["mqtt://porch:{MQTT}@house"]',
    "a password for its file": f'[[sink]]\ntype = "mqtt"\nuri = "mqtt://a"\npassword = "{MQTT}"',
    "a table for its file": (
        f'[[sink]]\ntype = "mqtt"\nuri = "mqtt://a"\npassword_file = {{ is = "{MQTT}" }}'
    ),
    "a user in a uri of the web": (
        f'[[sink]]\ntype = "webhook"\nuri = "https://porch:{MQTT}@house/{PATH}"'
    ),
    "a uri of nothing": f'[[sink]]\ntype = "webhook"\nuri = "house/{PATH}"',
    "a header with its value": (
        f'[[sink]]\ntype = "webhook"\nuri = "https://a/{PATH}"\n'
        f'header = "Authorization: {HEADER}"\nsecret_file = "secret"'
    ),
    "a list for a header": (
        f'[[sink]]\ntype = "webhook"\nuri = "https://a/{PATH}"\nheader = ["{HEADER}"]'
    ),
    "a table for a secret": (
        f'[[sink]]\ntype = "webhook"\nuri = "https://a/{PATH}"\nsecret_file = ["{HEADER}"]'
    ),
    "a text for options": f'delegate_options = "token={OPTION}"',
    "a list in options": f'delegate_options = {{ token = ["{OPTION}"] }}',
    "no TOML": f'delegate_options = {{ token = "{OPTION}\n',
    "a key twice": f'[[sink]]\ntype = "mqtt"\nuser = "{MQTT}"\nuser = "{MQTT}"',
    "a key that is no certificate's": (
        '[[sink]]\ntype = "mqtt"\nuri = "mqtts://a"\ncertificate = "key.pem"\nkey = "key.pem"'
    ),
    "a key for a password": (
        '[[sink]]\ntype = "webhook"\nuri = "https://a"\nheader = "X"\nsecret_file = "key.pem"'
    ),
}


@pytest.mark.parametrize("section", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_without_them(vault: Vault, section: str) -> None:
    done = vault.run("run", "-v", "-c", vault.write(section))
    assert done.returncode == 2
    assert done.stderr.startswith("edgeinfer: ")
    vault.look()


def test_a_camera_with_a_password_that_is_no_address(vault: Vault) -> None:
    uri = f"rtsp://{RTSP_USER}:{RTSP}/1#@127.0.0.1/camera"
    done = vault.run("run", "-v", "-c", vault.write(source=f'type = "video"\nuri = "{uri}"'))
    assert done.returncode == 1
    vault.look()


def test_the_trial_of_a_delegate_hides_its_options(vault: Vault) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: install gcc to build a delegate that hangs")
    code = ROOT / "tests/engines/delegates/hangs.c"
    library, begun = vault.folder / "libhangs.so", vault.folder / "begun"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, code], check=True)
    options = f'delegate = "{library}"\ndelegate_options = {{ token = "{OPTION}" }}'
    file = vault.write(options)
    with subprocess.Popen(
        vault.command("run", "-v", "-c", file),
        env={**vault.environment, "BEGUN": str(begun)},
        cwd=vault.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_for(begun)
        started = children(process.pid)
        lines = [arguments(pid) for pid in (process.pid, *started)]
        process.terminate()
    assert any("edgeinfer.engines.trial" in line for line in lines)
    vault.look(lines)


BUG = """
from dataclasses import dataclass

class BugRule:
    @dataclass(frozen=True)
    class Options:
        pass

    def __init__(self, name, options):
        self.name = name

    def update(self, result):
        raise KeyError("a bug")
"""


def _install_a_bug(folder: Path) -> None:
    """As pip would."""
    (folder / "bug.py").write_text(BUG)
    info = folder / "bug-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bug\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[edgeinfer.rules]\nbug = bug:BugRule\n")


def test_the_traceback_of_a_bug_and_its_record(vault: Vault) -> None:
    _install_a_bug(vault.folder)
    vault.environment["PYTHONPATH"] = str(vault.folder)
    with Mosquitto(vault.folder, {"porch": MQTT}) as broker, Web() as web:
        sections = (mqtt(broker.uri), webhook(web.uri), '[[rule]]\ntype = "bug"')
        done = vault.run("run", "-v", "-c", vault.write(*sections))
        assert done.returncode == 1
        assert "Traceback" in done.stderr
        assert "KeyError: 'a bug'" in done.stderr
        vault.run("check", "-c", vault.write(*sections))
        vault.look()
    assert "a bug" in (vault.state / "last_run.json").read_text()


def test_the_record_of_a_crash(vault: Vault) -> None:
    with Mosquitto(vault.folder, {"porch": MQTT}) as broker:
        file = vault.write(mqtt(broker.uri))
        with listening(broker, "edgeinfer/#", "porch", MQTT) as listener:
            words = vault.command("run", "-v", "-c", file)
            pipe = subprocess.PIPE
            with subprocess.Popen(
                words, env=vault.environment, cwd=vault.folder, stderr=pipe, text=True
            ) as process:
                listener.wait_for(lambda seen: any(m.topic.endswith("/result") for m in seen))
                process.send_signal(signal.SIGSEGV)
                vault.said.append(process.communicate()[1])
            assert process.returncode == -signal.SIGSEGV
        vault.run("check", "-c", file)
    assert "Thread" in (vault.state / "crash.txt").read_text()
    vault.look(message.payload for message in listener.messages)
