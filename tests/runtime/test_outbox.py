from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from edgeinfer.core.results import Health, Result
from edgeinfer.runtime.outbox import Outbox
from tests.doubles import result


def _drain(outbox: Outbox) -> list[int]:
    seqs = []
    while (message := outbox.first()) is not None:
        assert isinstance(message, Result)
        seqs.append(message.frame.seq)
        outbox.done(message)
    return seqs


def test_messages_leave_in_the_order_in_which_they_came() -> None:
    outbox = Outbox(1000)
    for seq in range(5):
        outbox.offer(result(seq))
    outbox.close()
    assert _drain(outbox) == [0, 1, 2, 3, 4]
    assert (outbox.delivered, outbox.dropped) == (5, 0)


def test_a_full_outbox_drops_the_oldest_and_counts_it() -> None:
    outbox = Outbox(capacity=3)
    for seq in range(5):
        outbox.offer(result(seq))
    outbox.close()
    assert outbox.dropped == 2
    assert _drain(outbox) == [2, 3, 4]


def test_a_message_stays_until_it_is_delivered() -> None:
    outbox = Outbox(1000)
    outbox.offer(result(1))
    assert outbox.first() is outbox.first()


def test_a_patient_outbox_waits_for_a_sink_that_is_at_work() -> None:
    outbox = Outbox(capacity=2, patient=True)
    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(_drain, outbox)
        for seq in range(200):
            outbox.offer(result(seq))
        outbox.close()
        assert draining.result(timeout=10) == list(range(200))
    assert outbox.dropped == 0


def test_a_patient_outbox_does_not_wait_for_a_sink_that_is_away() -> None:
    outbox = Outbox(capacity=2, patient=True)
    outbox.pause(0)
    for seq in range(5):
        outbox.offer(result(seq))
    assert outbox.dropped == 3


def test_one_who_waits_for_room_is_freed_when_the_sink_goes_away() -> None:
    outbox = Outbox(capacity=1, patient=True)
    outbox.offer(result(0))
    with ThreadPoolExecutor(1) as pool:
        offering = pool.submit(outbox.offer, result(1))
        outbox.pause(0)
        offering.result(timeout=10)
    assert outbox.dropped == 1


def test_what_is_given_up_counts_as_dropped() -> None:
    outbox = Outbox(1000)
    for seq in range(4):
        outbox.offer(result(seq))
    outbox.abandon()
    outbox.offer(result(4))
    assert outbox.first() is None
    assert (outbox.delivered, outbox.dropped) == (0, 5)


def test_a_message_that_arrives_after_it_was_given_up_counts_once() -> None:
    outbox = Outbox(1000)
    outbox.offer(result(0))
    message = outbox.first()
    assert message is not None
    outbox.abandon()
    outbox.done(message)
    assert (outbox.delivered, outbox.dropped) == (1, 0)


def test_giving_up_ends_a_pause() -> None:
    outbox = Outbox(1000)
    with ThreadPoolExecutor(1) as pool:
        pausing = pool.submit(outbox.pause, 60)
        outbox.abandon()
        pausing.result(timeout=10)


def test_of_health_the_newest_goes_first_and_counts_for_nothing() -> None:
    outbox = Outbox(10)
    old, new = Health(1, {}), Health(2, {})
    for message in (result(1), old, new):
        outbox.offer(message)
    assert outbox.first() is new
    outbox.done(new)
    assert isinstance(outbox.first(), Result)
    assert (outbox.delivered, outbox.dropped) == (0, 0)


def test_health_that_comes_while_another_is_on_its_way_is_not_lost() -> None:
    outbox = Outbox(10)
    outbox.offer(Health(1, {}))
    on_its_way = outbox.first()
    assert on_its_way is not None
    newer = Health(2, {})
    outbox.offer(newer)
    outbox.done(on_its_way)
    assert outbox.first() is newer
