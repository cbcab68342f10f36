from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edgeinfer.runtime.deadline import SENSOR_S, SINK_S
from edgeinfer.runtime.guard import Guard
from edgeinfer.runtime.notify import Notifier

IDLE: Any = SimpleNamespace(reading=None)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """It hears what the notifier says, and wants to hear it all the time."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield listening


def flow() -> Any:
    return SimpleNamespace(
        source=SimpleNamespace(name="porch"),
        capture=SimpleNamespace(reading_since_s=None, frames=1, tries=0),
        scheduler=SimpleNamespace(delay_s=lambda: 0.0),
        inference=SimpleNamespace(
            running_since_s=None, results=1, model="echo", paused=False, resting=False
        ),
        publisher=SimpleNamespace(deliveries=[SimpleNamespace(name="disk", inside_since_s=None)]),
    )


def ready_guard(flow: Any, systemd: socket.socket) -> Guard:
    guard = Guard(flow, IDLE, Notifier(), invoke_s=10, read_s=45)
    guard.look()
    guard.ready()
    assert systemd.recv(100) == b"READY=1", "and nothing before it"
    guard.look()
    assert systemd.recv(100).startswith(b"WATCHDOG=1")
    return guard


def is_fed(systemd: socket.socket) -> bool:
    try:
        return systemd.recv(100).startswith(b"WATCHDOG=1")
    except BlockingIOError:
        return False


def test_a_sink_that_does_not_return_starves_the_watchdog_and_is_named(
    systemd: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    parts = flow()
    guard = ready_guard(parts, systemd)
    parts.inference.results += 1
    # The machine has been up for longer than that.
    parts.publisher.deliveries[0].inside_since_s = 1e-9 - SINK_S
    guard.look()
    assert not is_fed(systemd)
    assert caplog.messages == ["sink disk: does not return; systemd's watchdog is not fed"]


def test_a_scene_without_motion_starves_no_watchdog_while_frames_come(
    systemd: socket.socket,
) -> None:
    parts = flow()
    guard = ready_guard(parts, systemd)
    parts.inference.resting = True
    for frames, fed in ((31, True), (61, True), (61, False)):
        parts.capture.frames = frames
        guard.look()
        assert is_fed(systemd) == fed
    parts.capture.frames, parts.inference.resting = 91, False
    guard.look()
    assert not is_fed(systemd), "the model has a frame, and gives no result"


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
