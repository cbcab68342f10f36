"""What is wrong with the options is said before anything starts; a taken port is waited for."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edgeinfer import config
from edgeinfer.core.results import Event
from edgeinfer.errors import ConfigError, SinkError
from edgeinfer.runtime.publisher import Publisher
from edgeinfer.sinks.dashboard.events import Events, Wanted
from edgeinfer.sinks.dashboard.options import DashboardOptions
from edgeinfer.sinks.dashboard.sink import DashboardSink
from tests.brokers import free_port, write_certificates
from tests.sinks.dashboard.serving import password_line, result, serving


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"address": "0.0.0.0"}, "lets others in; give a password_file"),
        ({"address": "192.168.1.7"}, "edgeinfer password"),
        ({"address": "::"}, "lets others in"),
        ({"address": "porch.lan"}, "is none; write 127.0.0.1"),
        ({"hosts": ["porch.lan:80"]}, "leave out the port"),
        ({"hosts": ["https://x"]}, "is no name of a machine"),
        ({"port": 0}, "greater than"),
        ({"fps": 1000}, "less than"),
    ],
    ids=str,
)
def test_wrong_words_are_said(options: dict[str, Any], words: str) -> None:
    problems: list[str] = []
    config.check(DashboardOptions, options, "sink 1", problems)
    assert len(problems) == 1
    assert words in problems[0]


def test_wrong_files_are_said_together_and_not_quoted(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("my real password\n")
    certificate = tmp_path / "porch.pem"
    certificate.write_text("none")
    options = DashboardOptions(password_file=secret, certificate=certificate)
    with pytest.raises(ConfigError) as caught:
        DashboardSink(options, "porch")
    assert len(caught.value.problems) == 2
    assert "make it with `edgeinfer password`" in caught.value.problems[0]
    assert "no certificate in PEM" in caught.value.problems[1]
    assert "my real password" not in str(caught.value)


def test_a_key_that_belongs_to_another_certificate_is_said(tmp_path: Path) -> None:
    files = write_certificates(tmp_path)
    options = DashboardOptions(certificate=files.server, key=files.client_key)
    with pytest.raises(ConfigError, match="with the key that belongs to it"):
        DashboardSink(options, "porch")
    with pytest.raises(ConfigError, match="is for a certificate"):
        DashboardSink(DashboardOptions(key=files.client_key), "porch")


def test_another_address_with_a_password_is_let_be(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(password_line())
    options = DashboardOptions(address="0.0.0.0", password_file=tmp_path / "password")
    assert DashboardSink(options, "porch").name == "dashboard http://127.0.0.1:8080"


def test_a_port_that_is_taken_is_waited_for(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SinkError, match="another port"), serving(tmp_path, port=port):
            pass
    with serving(tmp_path, port=port) as dashboard, dashboard.client() as client:
        dashboard.send(result(2))
        assert client.get("/healthz").status_code == 200


def test_no_event_is_lost_to_the_store_however_many_wait_and_however_many_a_frame_causes(
    tmp_path: Path,
) -> None:
    sink = DashboardSink(DashboardOptions(port=free_port(), folder=tmp_path), "porch")
    publisher = Publisher([sink], patient=False)
    sent = []
    for shot in map(result, range(12)):
        events = [Event(f"rule {number}", "seen", shot, {}) for number in range(20)]
        publisher.publish(shot, *events)
        sent += events
    publisher.close()
    publisher.deliveries[0]()
    store = Events(tmp_path / "events.sqlite3")
    store.open()
    rows = store.find(Wanted(), 1000)
    store.close()
    assert [row.id for row in reversed(rows)] == [event.id for event in sent]
    assert sum(row.picture is not None for row in rows) == 8 * 20


def test_its_libraries_are_loaded_when_one_is_made_and_not_before() -> None:
    code = (
        "import sys; from edgeinfer.sinks.dashboard.sink import DashboardSink as D\n"
        "print(*{'starlette', 'uvicorn', 'argon2', 'tomlkit', 'asyncio'} & set(sys.modules))\n"
        "D(D.Options(), 'porch'); print('starlette' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["", "True"]
