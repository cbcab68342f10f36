"""The dashboard of a service as a person runs it: saved, restarted, and nothing lost."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.brokers import DEADLINE_S, Mosquitto, free_port, listening
from tests.cli.running import SMALL, SSD, Edgeinfer
from tests.sinks.dashboard.serving import PASSWORD, password_line, until

_LEFT_HALF = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=DEADLINE_S).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def _logged_in(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=DEADLINE_S) as client:
        assert client.post("/api/v1/login", json={"password": PASSWORD}).status_code == 204
        client.headers["X-CSRF-Token"] = client.get("/api/v1/session").json()["csrf"]
        yield client


def _events(messages: list[Any]) -> list[dict[str, Any]]:
    return [json.loads(message.payload) for message in messages]


def test_a_zone_saved_in_the_page_is_that_of_the_next_run_and_no_event_is_lost(
    mosquitto: Mosquitto, edgeinfer: Edgeinfer, tmp_path: Path
) -> None:
    """What the dashboard has kept of both runs, the broker has got, too."""
    port = free_port()
    (tmp_path / "password").write_text(password_line())
    file = tmp_path / "edgeinfer.toml"
    file.write_text(
        f'model.name = "{SSD}"\ndevice.name = "porch"\n'
        'source = {type = "synthetic", scene = "signs"}\n'
        '[[rule]]\ntype = "presence"\nname = "sign"\nlabels = ["stop sign"]\n'
        f'[[sink]]\ntype = "mqtt"\nuri = "{mosquitto.uri}"\n'
        f'[[sink]]\ntype = "dashboard"\nport = {port}\nfolder = "kept"\n'
        'password_file = "password"\n'
    )
    url = f"http://127.0.0.1:{port}"
    with (
        listening(mosquitto, "edgeinfer/porch/event/#") as heard,
        edgeinfer.going("--config", file) as process,
    ):
        until(lambda: _answers(url))
        heard.wait_for(1)
        with _logged_in(url) as client:
            rules = [
                {"type": "presence", "name": "sign", "labels": ["stop sign"]},
                {"type": "zone", "name": "left", "polygon": _LEFT_HALF, "settle_s": 0.1},
            ]
            preview = client.post("/api/v1/setup/preview", json={"rules": rules}).json()
            assert preview["problems"] == []
            body = {"toml": preview["toml"], "base": preview["base"]}
            assert client.post("/api/v1/setup/save", json=body).status_code == 204
            heard.wait_for(lambda seen: any('"rule": "left"' in m.payload for m in seen))
            until(lambda: _answers(url))
            assert client.get("/api/v1/session").json()["logged_in"] is True
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
        kept = _kept(tmp_path / "kept/events.sqlite3")
        heard.wait_for(lambda seen: kept <= {one["id"] for one in _events(seen)})
    ids = [one["id"] for one in _events(heard.messages)]
    assert len(kept) > 1
    assert set(ids) == kept
    assert "[[rule]]" in file.read_text()
    assert "zone" not in file.with_name("edgeinfer.toml.bak").read_text()


def _kept(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {found for (found,) in connection.execute("SELECT id FROM events")}


def test_by_a_word_of_the_command_line_beside_the_usual_lines(edgeinfer: Edgeinfer) -> None:
    source = ("--source", "synthetic:signs", "--model", SMALL)
    with edgeinfer.going(*source, "--dashboard") as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["type"] == "result"
        lines = iter(process.stderr.readline, "")
        said = next(line for line in lines if "dashboard" in line)
        assert "http://127.0.0.1:8080" in said
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0


def test_one_in_the_file_is_not_doubled(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    port = free_port()
    file = tmp_path / "edgeinfer.toml"
    file.write_text(f'[[sink]]\ntype = "dashboard"\nport = {port}\n')
    source = ("--source", "synthetic:signs", "--model", SMALL, "--frames", 3)
    done = edgeinfer(*source, "-c", file, "--dashboard")
    assert done.returncode == 0, done.stderr
    assert f"http://127.0.0.1:{port}" in done.stderr
    assert "8080" not in done.stderr


def test_an_open_house_without_a_password_is_no_configuration(
    edgeinfer: Edgeinfer, tmp_path: Path
) -> None:
    file = tmp_path / "edgeinfer.toml"
    file.write_text('[[sink]]\ntype = "dashboard"\naddress = "0.0.0.0"\n')
    done = edgeinfer("--source", "synthetic:signs", "--model", SMALL, "-c", file)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "give a password_file" in done.stderr
