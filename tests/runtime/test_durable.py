from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

import pytest

from edgeinfer import wire
from edgeinfer.core.results import Event
from edgeinfer.runtime.durable import DurableOutbox
from tests.doubles import result
from tests.runtime.events import YEAR_NS, Clocks, drain, event, seqs

DEADLINE_S = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "events.sqlite3"


def _outbox(path: Path, capacity: int = 1000, **bounds: Any) -> DurableOutbox:
    chosen = {"commit_s": 0.05, "clock": Clocks(path.parent.parent).clock(), **bounds}
    return DurableOutbox(path, capacity, **chosen)


def _left(outbox: DurableOutbox, events: list[Event]) -> None:
    """They are offered, and given up: the broker never came."""
    for one in events:
        outbox.offer(one)
    outbox.abandon()


def _rest(outbox: DurableOutbox) -> list[Any]:
    outbox.close()
    sent = drain(outbox)
    outbox.abandon()
    return sent


def _wait_until_stored(path: Path, count: int) -> None:
    """Reads a copy: the file itself belongs to the outbox."""
    deadline_s = monotonic() + DEADLINE_S
    while _count(path) != count:
        assert monotonic() < deadline_s, _count(path)
        sleep(0.01)


def _count(path: Path) -> int:
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.sqlite3"
        for tail in ("", "-wal"):
            source = Path(f"{path}{tail}")
            Path(f"{copy}{tail}").write_bytes(source.read_bytes() if source.exists() else b"")
        with closing(sqlite3.connect(copy)) as connection, suppress(sqlite3.Error):
            (count,) = connection.execute("SELECT count(*) FROM events").fetchone()
            return int(count)
        return -1  # copied while it was written


def test_what_was_given_up_is_kept_and_comes_first_the_next_time(path: Path) -> None:
    before = [event(seq) for seq in range(3)]
    first = _outbox(path)
    _left(first, before)
    assert (first.kept, first.dropped, first.delivered) == (3, 0, 0)
    second = _outbox(path)
    second.offer(result(7))
    second.offer(event(3))
    sent = _rest(second)
    assert sent[3].frame.seq == 7
    assert seqs(sent) == [0, 1, 2, 3]
    assert [wire.to_json(m) for m in sent[:3]] == [wire.to_json(m) for m in before]
    assert (second.kept, second.dropped, second.delivered) == (0, 0, 5)
    assert _rest(_outbox(path)) == []


def test_results_and_events_keep_their_order(path: Path) -> None:
    outbox = _outbox(path)
    messages = [event(seq) if seq % 3 else result(seq) for seq in range(30)]
    for message in messages:
        outbox.offer(message)
    assert [type(m) for m in _rest(outbox)] == [type(m) for m in messages]


def test_results_that_wait_push_out_no_event(path: Path) -> None:
    outbox = _outbox(path, capacity=2)
    outbox.offer(event(0))
    for seq in range(5):
        outbox.offer(result(seq))
    assert outbox.dropped == 3
    assert [getattr(m, "rule", "result") for m in _rest(outbox)] == ["door", "result", "result"]


def test_what_is_delivered_at_once_is_never_written(path: Path) -> None:
    assert _rest(_outbox(path)) == []
    written = path.stat().st_mtime_ns
    outbox = _outbox(path, commit_s=60)
    for seq in range(50):
        outbox.offer(event(seq))
        message = outbox.first()
        assert message is not None
        outbox.done(message)
    outbox.abandon()
    assert path.stat().st_mtime_ns == written


def test_what_waits_is_on_the_disk_after_the_interval(path: Path) -> None:
    outbox = _outbox(path)
    for seq in range(5):
        outbox.offer(event(seq))
    _wait_until_stored(path, 5)
    message = outbox.first()
    assert message is not None
    outbox.done(message)
    _wait_until_stored(path, 4)
    outbox.abandon()


def test_a_long_outage_is_read_back_page_by_page(path: Path) -> None:
    outbox = _outbox(path, capacity=10)
    for seq in range(1500):
        outbox.offer(event(seq))
    _wait_until_stored(path, 1500)
    assert seqs(_rest(outbox)) == list(range(1500))
    assert outbox.dropped == 0


@pytest.mark.parametrize("bound", [{"most_events": 4}, {"most_bytes": 800}])
def test_over_a_bound_the_oldest_goes_and_is_counted(path: Path, bound: dict[str, int]) -> None:
    outbox = _outbox(path, **bound)
    for seq in range(9):
        outbox.offer(event(seq))
    dropped = outbox.dropped
    assert 0 < dropped < 9
    assert seqs(_rest(outbox)) == list(range(dropped, 9))


def test_what_is_too_old_goes_at_the_start(path: Path, tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    _left(_outbox(path, clock=clocks.clock()), [event(0)])
    clocks.wall_ns += YEAR_NS
    _left(_outbox(path, clock=clocks.clock(), oldest_s=1e9), [event(1)])
    outbox = _outbox(path, clock=clocks.clock())
    assert seqs(_rest(outbox)) == [1]
    assert outbox.dropped == 1


def test_an_event_that_waited_for_the_clock_is_corrected(path: Path, tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    clocks.is_set = False
    _left(_outbox(path, clock=clocks.clock()), [event(0)])
    outbox = _outbox(path, clock=clocks.clock())
    uncertain = outbox.first()
    assert isinstance(uncertain, Event)
    assert uncertain.time_uncertain
    clocks.wall_ns += YEAR_NS
    clocks.is_set = True
    (certain,) = _rest(outbox)
    assert not certain.time_uncertain
    assert certain.id == uncertain.id
    assert certain.result.frame.wall_ns == 2 * YEAR_NS


def test_an_event_that_arrives_after_it_was_given_up_counts_once(path: Path) -> None:
    outbox = _outbox(path)
    outbox.offer(event(0))
    message = outbox.first()
    assert message is not None
    outbox.abandon()
    outbox.done(message)
    assert (outbox.delivered, outbox.dropped, outbox.kept) == (1, 0, 0)


def test_an_event_that_was_dropped_on_its_way_and_yet_arrives_counts_once(path: Path) -> None:
    outbox = _outbox(path, most_events=1)
    outbox.offer(event(0))
    message = outbox.first()
    assert message is not None
    outbox.offer(event(1))
    assert outbox.dropped == 1
    outbox.done(message)
    assert (outbox.delivered, outbox.dropped) == (1, 0)
    assert seqs(_rest(outbox)) == [1]


def test_a_clip_waits_for_a_sink_that_is_at_work(path: Path) -> None:
    outbox = _outbox(path, patient=True, most_events=3)
    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(drain, outbox)
        for seq in range(200):
            outbox.offer(event(seq))
        outbox.close()
        assert seqs(draining.result(timeout=DEADLINE_S)) == list(range(200))
    assert outbox.dropped == 0
    outbox.abandon()
