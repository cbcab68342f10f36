from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from edgeinfer.runtime.deadline import SENSOR_S, SINK_S
from edgeinfer.runtime.guard import Guard
from edgeinfer.runtime.notify import Notifier

IDLE: Any = SimpleNamespace(reading=None)


def test_a_sink_that_does_not_return_starves_the_watchdog_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = SimpleNamespace(name="disk", inside_since_s=None)
    flow = SimpleNamespace(
        source=SimpleNamespace(name="porch"),
        capture=SimpleNamespace(reading_since_s=None, frames=1, tries=0),
        scheduler=SimpleNamespace(delay_s=lambda: 0.0),
        inference=SimpleNamespace(running_since_s=None, results=1, model="echo", paused=False),
        publisher=SimpleNamespace(deliveries=[delivery]),
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        guard = Guard(cast("Any", flow), IDLE, Notifier(), invoke_s=10, read_s=45)
        guard.look()
        guard.ready()
        assert systemd.recv(100) == b"READY=1", "and nothing before it"
        guard.look()
        assert systemd.recv(100).startswith(b"WATCHDOG=1")
        flow.inference.results += 1
        delivery.inside_since_s = 1e-9 - SINK_S  # the machine has been up for longer than that
        guard.look()
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
    assert caplog.messages == ["sink disk: does not return; systemd's watchdog is not fed"]


def test_a_sensor_that_does_not_return_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    # Nothing else hangs, and the machine has been up for longer than that.
    parts: Any = SimpleNamespace(
        source=SimpleNamespace(name="porch"),
        capture=SimpleNamespace(reading_since_s=None),
        inference=SimpleNamespace(running_since_s=None, results=1),
    )
    vitals: Any = SimpleNamespace(reading=("BusSensor", -SENSOR_S))
    guard = Guard(parts, vitals, Notifier(), invoke_s=10, read_s=45)
    for _ in range(5):
        guard.look()
    assert guard.hung is None
    assert caplog.messages == [
        "sensor BusSensor: has not returned for 10 s; no readings and no health until it does"
    ]
