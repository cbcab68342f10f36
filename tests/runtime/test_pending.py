from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.runtime.event_store import Place
from edgeinfer.runtime.pending import Limits, Pending
from edgeinfer.runtime.wall_clock import Stamp
from tests.runtime.events import YEAR_NS, Clocks, event

STAMP = Stamp(YEAR_NS)


@pytest.fixture
def pending(tmp_path: Path) -> Pending:
    """Five events are stored, of which two are in memory; two more are not stored."""
    pending = Pending(Limits(100, 1 << 20, 1e9), 2, Clocks(tmp_path).clock())
    for seq in range(5):
        pending.add(event(seq), STAMP, seq + 1)
        pending.stored(pending.batch()[-1].number)
    for seq in range(5, 7):
        pending.add(event(seq), STAMP, seq + 1)
    return pending


def _places(*numbers: int) -> list[Place]:
    return [Place(number, 100, STAMP) for number in numbers]


def _left(pending: Pending) -> list[int]:
    seqs = []
    while (head := pending.head()) is not None:
        assert head.event is not None
        seqs.append(head.event.result.frame.seq)
        assert pending.take(head.event.id)
    return seqs


def test_a_number_is_given_once(pending: Pending) -> None:
    failed = [row.number for row in pending.batch()]
    assert failed == [6, 7]
    assert [row.number for row in pending.batch()] == [8, 9]


def test_all_up_to_the_last_that_was_taken_may_be_deleted(pending: Pending) -> None:
    head = pending.head()
    assert head is not None
    assert head.event is not None
    assert pending.take(head.event.id)
    assert pending.gone_through == 1


def test_a_file_that_is_empty_again_gets_what_is_in_memory(pending: Pending) -> None:
    assert pending.reconcile([]) == 3
    assert len(pending.batch()) == 4
    assert _left(pending) == [0, 1, 5, 6]


def test_a_file_that_is_whole_changes_nothing(pending: Pending) -> None:
    assert pending.reconcile(_places(1, 2, 3, 4, 5)) == 0
    assert pending.unstored == 2
    assert pending.missing() == []


def test_what_would_come_out_of_order_is_not_stored_again(pending: Pending) -> None:
    assert pending.reconcile(_places(2, 5)) == 2
    assert pending.unstored == 2
    head = pending.head()
    assert head is not None
    assert head.event is not None
    assert pending.take(head.event.id)
    assert pending.gone_through == 0


def test_a_commit_that_failed_and_yet_came_is_not_made_again(pending: Pending) -> None:
    pending.batch()
    assert pending.reconcile(_places(1, 2, 3, 4, 5, 6, 7)) == 0
    assert pending.unstored == 0


def test_without_the_disk_what_is_there_alone_is_lost(pending: Pending) -> None:
    assert pending.lose_absent() == 3
    assert _left(pending) == [0, 1, 5, 6]


def test_what_was_on_its_way_when_older_ones_came_is_delivered_once(pending: Pending) -> None:
    head = pending.head()
    assert head is not None
    assert head.event is not None
    sent = head.event.id
    pending.recover(_places(50))
    assert pending.take(sent)
    assert not pending.take(sent)
    assert len(pending) == 7
