"""What cannot be joined, in a process of its own: it ends, says why, and the next start knows."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from edgeinfer import last_run
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Event as Happening
from edgeinfer.core.results import Health
from edgeinfer.errors import SourceError
from edgeinfer.runtime import strikes
from edgeinfer.runtime.fallback import Fallback
from edgeinfer.runtime.record import Record
from edgeinfer.runtime.service import Service
from edgeinfer.sections import Model
from tests.conftest import ROOT
from tests.doubles import ListSink, ScriptedSource, echo_pipeline, frame

HANGS = "model echo: one run has not ended within 0.5 s; "


def run(folder: Path, way: str) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.failing_service", str(folder), way],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def events(lines: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(m["rule"], m["kind"]): m["facts"] for m in lines if m["type"] == "event"}


def health(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return next(line for line in lines if line["type"] == "health")


def test_three_ends_of_a_delegate_lead_to_the_cpu(tmp_path: Path) -> None:
    """A hang, a crash and an error, each in a real process; 5 s, of which the hang takes 3."""
    status, _, said = run(tmp_path, "hang")
    assert status == 1
    assert said.splitlines()[-1].startswith(HANGS)

    status, lines, _ = run(tmp_path, "crash")
    assert status == -signal.SIGSEGV
    assert health(lines)["last_exit"]["reason"].startswith(HANGS)
    assert events(lines)["service", "restarted"]["ending"] == "error"

    status, lines, _ = run(tmp_path, "vanish")
    assert status == 1
    assert health(lines)["engine"]["failures"] == 2
    reason = events(lines)["service", "restarted"]["reason"]
    assert reason == "crashed in the engine: Segmentation fault"

    status, lines, said = run(tmp_path, "work")
    assert status == 0
    assert "double.tflite runs on the CPU" in said
    assert health(lines)["engine"]["on"] == "cpu"
    fallback = events(lines)["engine", "fallback"]
    assert (fallback["delegate"], fallback["failures"]) == ("libdouble.so", 3)
    assert fallback["reason"] == "invoke failed: the device has gone"


def test_what_was_killed_is_told_once_and_a_stop_never(tmp_path: Path) -> None:
    status, lines, _ = run(tmp_path, "die")
    assert (status, events(lines)) == (-signal.SIGKILL, {})
    status, lines, _ = run(tmp_path, "work")
    assert status == 0
    assert events(lines)["service", "restarted"]["ending"] == "killed"
    status, lines, _ = run(tmp_path, "work")
    assert (status, events(lines)) == (0, {})
    assert health(lines)["last_exit"]["ending"] == "stopped"
    assert health(lines)["engine"] == {"on": "delegate"}, "a kill is no strike"


def test_a_camera_that_does_not_return_ends_the_service() -> None:
    free = Event()
    source = ScriptedSource([frame(0), lambda: free.wait(60)], live=True)
    service = Service(source, echo_pipeline(), [ListSink()], source_limit_s=0.1)
    with pytest.raises(SourceError, match=r"double: has not returned from its driver for 0.1 s"):
        service.run()
    free.set()


def test_a_change_of_the_camera_is_an_event_and_stands_in_health() -> None:
    class Listener(ListSink):
        wants = (Happening, Health)

    sink = Listener()
    script: list[Frame | Exception] = [frame(0), SourceError("double: unplugged"), frame(1)]
    Service(ScriptedSource(script, live=True), echo_pipeline(), [sink]).run()
    told = [message for message in sink.sent if isinstance(message, Happening)]
    assert [(e.rule, e.kind, dict(e.facts)) for e in told] == [
        ("camera", "gone", {"from": "ok"}),
        ("camera", "ok", {"from": "gone"}),
    ]
    assert {e.result.frame.source for e in told} == {"double"}
    assert any("camera" in message.facts for message in sink.sent if isinstance(message, Health))


def test_an_accelerator_that_works_again_ends_the_service_in_good_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who listens on NOTIFY_SOCKET starts the next one."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    now_s = [1000.0]
    model = Model(path=Path("double.tflite"), delegate="lib.so")
    strikes.write(tmp_path, strikes.Strikes("lib.so", 3, now_s[0], "it hangs"))
    fallback = Fallback(
        model, tmp_path, instead=lambda _: model, trial=lambda: None, wall_s=lambda: now_s[0]
    )
    assert fallback.active
    now_s[0] += 60
    record = Record(tmp_path, catch_crashes=lambda _: None)
    with record:
        service = Service(
            ScriptedSource(map(frame, count()), live=True),
            echo_pipeline(),
            [],
            record=record,
            fallback=fallback,
        )
        assert service.run().stopped
    found = last_run.read(tmp_path)
    assert found
    assert found.in_good_order
    assert found.reason == "the accelerator works again, and the next start takes it"
