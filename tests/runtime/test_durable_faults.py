"""What can be wrong with the file of a durable outbox: never fatal, and said once."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition

import pytest

from edgeinfer.core.results import Message
from edgeinfer.runtime.durable import DurableOutbox
from edgeinfer.runtime.outbox import Outbox
from tests.conftest import fill
from tests.runtime.events import Clocks, drain, event, seqs

DEADLINE_S = 20.0


class Warnings(logging.Handler):
    """The warnings that were said, to wait for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self._changed = Condition()

    def emit(self, record: logging.LogRecord) -> None:
        with self._changed:
            self.said.append(record.getMessage())
            self._changed.notify_all()

    def wait_for(self, text: str) -> None:
        with self._changed:
            heard = self._changed.wait_for(lambda: any(text in s for s in self.said), DEADLINE_S)
        assert heard, self.said


@pytest.fixture
def warnings() -> Iterator[Warnings]:
    handler, log = Warnings(), logging.getLogger("edgeinfer")
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite3"


def _outbox(path: Path, capacity: int = 1000) -> DurableOutbox:
    clock = Clocks(path.parent).clock() if path.parent.is_dir() else None
    return DurableOutbox(path, capacity, commit_s=0.05, clock=clock)


def _keep(path: Path, first: int, last: int) -> None:
    outbox = _outbox(path)
    for seq in range(first, last):
        outbox.offer(event(seq))
    outbox.abandon()
    assert outbox.kept >= last - first


def _all(outbox: Outbox) -> list[Message]:
    outbox.close()
    sent = drain(outbox)
    outbox.abandon()
    return sent


def _garbage(path: Path) -> None:
    path.write_bytes(bytes(range(7, 256)) * 100)


def _cut(path: Path) -> None:
    _keep(path, 0, 200)
    path.write_bytes(path.read_bytes()[:9000])


def _future(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=7")
    connection.close()


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (what TEXT)")
    connection.close()


@pytest.mark.parametrize("spoil", [_garbage, _cut, _future, _foreign])
def test_a_file_that_cannot_be_used_is_set_aside(
    path: Path, warnings: Warnings, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    spoiled = path.read_bytes()
    _keep(path, 0, 3)
    assert len(warnings.said) == 1
    assert warnings.said[0].endswith("it is set aside as events.sqlite3.aside")
    assert path.with_name("events.sqlite3.aside").read_bytes()[:16] == spoiled[:16]
    assert seqs(_all(_outbox(path))) == [0, 1, 2]


def test_with_a_folder_in_its_place_events_are_in_memory(path: Path, warnings: Warnings) -> None:
    path.mkdir()
    outbox = _outbox(path)
    for seq in range(3):
        outbox.offer(event(seq))
    assert seqs(_all(outbox)) == [0, 1, 2]
    assert len(warnings.said) == 1
    assert "would not outlive a restart" in warnings.said[0]


def test_what_cannot_be_kept_counts_as_dropped(path: Path) -> None:
    path.mkdir()
    outbox = _outbox(path)
    outbox.offer(event(0))
    outbox.abandon()
    assert (outbox.kept, outbox.dropped) == (0, 1)


def test_a_second_service_is_in_memory_until_the_first_has_ended(
    path: Path, warnings: Warnings
) -> None:
    one, two = _outbox(path), _outbox(path)
    one.offer(event(0))
    assert one.first() is not None
    two.offer(event(1))
    assert two.first() is not None
    warnings.wait_for("in use by another program")
    one.abandon()
    two.offer(event(2))
    warnings.wait_for("events are stored again")
    two.abandon()
    assert seqs(_all(_outbox(path))) == [0, 1, 2]


def test_a_full_disk_leaves_them_in_memory_until_there_is_room(
    small_disk: Path, warnings: Warnings
) -> None:
    path = small_disk / "events.sqlite3"
    outbox = _outbox(path, capacity=10)
    for seq in range(100):
        outbox.offer(event(seq))
    first = outbox.first()
    assert first is not None
    filler = small_disk / "filler"
    fill(filler)
    for seq in range(100, 1500):
        outbox.offer(event(seq))
    warnings.wait_for("would not outlive a restart")
    filler.unlink()
    warnings.wait_for("events are stored again")
    outbox.abandon()
    assert (outbox.dropped, outbox.kept) == (0, 1500)
    assert seqs(_all(_outbox(path))) == list(range(1500))


def test_a_read_only_disk_is_no_end(small_disk: Path, warnings: Warnings) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    outbox = DurableOutbox(small_disk / "sub" / "events.sqlite3", 10, commit_s=0.05)
    outbox.offer(event(0))
    assert seqs(_all(outbox)) == [0]
    assert len(warnings.said) == 1


def test_a_document_that_cannot_be_read_is_skipped_and_counted(
    path: Path, warnings: Warnings
) -> None:
    _keep(path, 0, 3)
    blob = path.read_bytes()
    at = blob.index(b'{"v": 1')
    path.write_bytes(blob[:at] + b"?" * 7 + blob[at + 7 :])
    outbox = _outbox(path)
    outbox.offer(event(3))
    assert len(_all(outbox)) == 3
    assert outbox.dropped == 1
    assert warnings.said == []
