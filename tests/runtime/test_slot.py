from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from edgeinfer.runtime.slot import LatestSlot
from tests.doubles import frame


def test_the_newest_frame_wins_and_the_lost_ones_are_counted() -> None:
    slot = LatestSlot(lossless=False)
    for seq in range(3):
        assert slot.put(frame(seq))
    taken = slot.take()
    assert taken is not None
    assert taken[0].seq == 2
    assert slot.dropped == 2


def test_a_lossless_slot_makes_the_one_who_puts_wait() -> None:
    slot = LatestSlot(lossless=True)
    with ThreadPoolExecutor(1) as pool:
        feeding = pool.submit(lambda: [slot.put(frame(seq)) for seq in range(100)])
        seqs = [taken[0].seq for _ in range(100) if (taken := slot.take())]
        assert all(feeding.result(timeout=10))
    assert seqs == list(range(100))
    assert slot.dropped == 0


def test_what_lies_in_a_closed_slot_can_still_be_taken() -> None:
    slot = LatestSlot(lossless=False)
    slot.put(frame(7))
    slot.close()
    taken = slot.take()
    assert taken is not None
    assert taken[0].seq == 7
    assert slot.take() is None


def test_a_closed_slot_takes_no_more() -> None:
    slot = LatestSlot(lossless=True)
    slot.close()
    assert not slot.put(frame())


def test_closing_frees_the_one_who_waits_to_put() -> None:
    slot = LatestSlot(lossless=True)
    slot.put(frame(0))
    answers: list[bool] = []
    thread = Thread(target=lambda: answers.append(slot.put(frame(1))))
    thread.start()
    slot.close()
    thread.join(timeout=10)
    assert answers == [False]


def test_closing_frees_the_one_who_waits_to_take() -> None:
    slot = LatestSlot(lossless=False)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slot.take)
        slot.close()
        assert waiting.result(timeout=10) is None


def test_the_time_that_a_frame_waited_is_told() -> None:
    slot = LatestSlot(lossless=False)
    slot.put(frame())
    taken = slot.take()
    assert taken is not None
    assert taken[1] >= 0
