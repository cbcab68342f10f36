"""Sinks that are away: frames go on, it is told once, and what is lost is counted."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.brokers import Listener, Mosquitto, listening
from tests.cli.running import SMALL, Edgeinfer


def _undelivered(
    edgeinfer: Edgeinfer, sink: object, reason: str, *words: object
) -> subprocess.CompletedProcess[str]:
    """A clip is processed whole, and it is said once why its results could not leave."""
    source = ("--source", "synthetic", "--model", SMALL, "--frames", 5)
    done = edgeinfer(*source, *(("--sink", sink) if sink else ()), *words)
    assert done.returncode == 1, done.stderr
    assert "5 results" in done.stderr
    assert re.search(f"0 delivered, 5 not delivered: .*{reason}", done.stderr), done.stderr
    warnings = [line for line in done.stderr.splitlines() if "messages wait" in line]
    assert len(warnings) == 1
    assert re.search(reason, warnings[0])
    assert "Traceback" not in done.stderr
    return done


def test_a_broker_that_is_absent(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    port = Mosquitto(tmp_path).port
    _undelivered(edgeinfer, f"mqtt://127.0.0.1:{port}", "[Cc]onnection refused")


def test_a_broker_that_refuses(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    with Mosquitto(tmp_path, {"porch": "right"}) as broker:
        (tmp_path / "password").write_text("a wrong one")
        (tmp_path / "edgeinfer.toml").write_text(
            f'[[sink]]\ntype = "mqtt"\nuri = "{broker.uri}"\nuser = "porch"\n'
            'password_file = "password"\n'
        )
        done = _undelivered(edgeinfer, None, "[Nn]ot authori[sz]ed", "-c", "edgeinfer.toml")
    assert "a wrong one" not in done.stderr


def test_a_broker_with_an_unknown_certificate(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    with Mosquitto(tmp_path, tls=True) as broker:
        _undelivered(edgeinfer, broker.uri, "certificate verify failed")


def test_a_full_disk(edgeinfer: Edgeinfer) -> None:
    _undelivered(edgeinfer, "jsonl:/dev/full", "[Nn]o space left on device")


def _results(listener: Listener) -> int:
    return sum(message.topic.endswith("/result") for message in listener.messages)


def test_a_broker_that_vanishes_for_a_while(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    """Results resume; what was made meanwhile is delivered late or counted as lost."""
    broker = Mosquitto(tmp_path)
    with broker, listening(broker, "edgeinfer/+/result") as before:
        words = ("--source", "synthetic", "--model", SMALL, "--sink", broker.uri, "--json")
        with edgeinfer.going(*words) as process:
            assert process.stderr
            before.wait_for(3)
            broker.stop()
            assert "messages wait" in process.stderr.readline()
            broker.start()
            with listening(broker, "edgeinfer/+/result") as after:
                assert "is back" in process.stderr.readline()
                after.wait_for(3)
                process.terminate()
                out, _ = process.communicate(timeout=30)
    report = json.loads(out)
    assert process.returncode == 0
    sink = report["sinks"][0]
    assert sink["delivered"] + sink["dropped"] == report["results"]


def test_a_broker_that_comes_late(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    words = ("--source", "synthetic", "--model", SMALL, "--sink", broker.uri)
    with edgeinfer.going(*words) as process:
        assert process.stderr
        assert "messages wait" in process.stderr.readline()
        with broker, listening(broker, "edgeinfer/+/result") as listener:
            first = json.loads(listener.wait_for(1)[0].payload)
            process.terminate()
            process.communicate(timeout=30)
    assert first["type"] == "result"
    assert process.returncode == 0
