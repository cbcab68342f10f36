from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeinfer.runtime.notify import Notifier, Watchdog


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "4000000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield listening


def _heard(listening: socket.socket) -> list[str]:
    words = []
    while True:
        try:
            words.append(listening.recv(1000).decode())
        except BlockingIOError:
            return words


def test_systemd_hears_that_it_is_ready_and_stopping(systemd: socket.socket) -> None:
    notifier = Notifier()
    notifier.ready()
    notifier.stopping()
    assert _heard(systemd) == ["READY=1", "STOPPING=1"]


def test_systemd_waits_for_a_service_that_begins_again(systemd: socket.socket) -> None:
    Notifier().reloading()
    (words,) = _heard(systemd)
    assert words.startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert words.endswith("\nWATCHDOG=1")


def test_an_abstract_socket_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"edgeinfer-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        Notifier().ready()
        assert _heard(listening) == ["READY=1"]


def test_without_systemd_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    notifier = Notifier()
    notifier.ready()
    assert notifier.watchdog_s is None


def test_a_systemd_that_does_not_listen_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    Notifier().ready()


def test_the_watchdog_of_another_process_is_not_ours(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert systemd
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert Notifier().watchdog_s is None


def test_the_watchdog_is_fed_only_while_results_flow(systemd: socket.socket) -> None:
    watchdog = Watchdog(Notifier())
    assert watchdog.interval_s == 2.0
    watchdog.tick(0, 5, 0, waiting=False)
    assert _heard(systemd) == [], "before the first result there is nothing to be proud of"
    watchdog.tick(1, 6, 0, waiting=False)
    assert _heard(systemd) == ["WATCHDOG=1\nSTATUS=1 results from 6 frames"]
    watchdog.tick(1, 90, 0, waiting=False)
    assert _heard(systemd) == [], "frames come, but the engine hangs"


def test_while_the_scheduler_waits_on_purpose_captured_frames_are_flow(
    systemd: socket.socket,
) -> None:
    watchdog = Watchdog(Notifier())
    watchdog.tick(1, 1, 0, waiting=False)
    _heard(systemd)
    watchdog.tick(1, 30, 0, waiting=True)
    assert len(_heard(systemd)) == 1
    watchdog.tick(1, 30, 0, waiting=True)
    assert _heard(systemd) == [], "the camera has stalled"


def test_a_source_that_is_being_reopened_is_no_hang(systemd: socket.socket) -> None:
    watchdog = Watchdog(Notifier())
    watchdog.tick(5, 5, 0, waiting=False)
    _heard(systemd)
    watchdog.tick(5, 5, 1, waiting=False)
    assert len(_heard(systemd)) == 1
    watchdog.tick(5, 5, 1, waiting=False)
    assert _heard(systemd) == [], "the driver does not come back from opening it"


def test_a_sink_that_does_not_return_starves_the_watchdog(systemd: socket.socket) -> None:
    watchdog = Watchdog(Notifier())
    watchdog.tick(1, 1, 0, waiting=False, stuck=True)
    assert _heard(systemd) == []
    watchdog.tick(2, 2, 0, waiting=False)
    assert len(_heard(systemd)) == 1


def test_ticks_are_due_at_half_the_time_that_systemd_allows(systemd: socket.socket) -> None:
    assert systemd
    now_s = [100.0]
    watchdog = Watchdog(Notifier(), clock=lambda: now_s[0])
    due = [watchdog.due]
    watchdog.tick(1, 1, 0, waiting=False)
    for now_s[0] in (101.9, 102.0):
        due.append(watchdog.due)
    assert due == [True, False, True]


def test_where_nobody_watches_no_tick_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    assert not Watchdog(Notifier()).due


def test_who_is_notified_also_starts_us_anew(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert systemd
    assert Notifier().supervised
    monkeypatch.delenv("NOTIFY_SOCKET")
    assert not Notifier().supervised
