"""Few pictures wait, and no event is lost for them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from edgeinfer.core.results import Event, Message, Result
from edgeinfer.runtime.outbox import Outbox
from edgeinfer.runtime.picture_outbox import PictureOutbox
from tests.doubles import result


def _events(seen: Result, count: int = 1) -> list[Event]:
    return [Event(f"rule {number}", "seen", seen, {}) for number in range(count)]


def _offer(outbox: Outbox, *messages: Message) -> None:
    for message in messages:
        outbox.offer(message)


def _drain(outbox: Outbox) -> list[Message]:
    outbox.close()
    messages = []
    while (message := outbox.first()) is not None:
        messages.append(message)
        outbox.done(message)
    return messages


def _seqs_with_pixels(messages: list[Message]) -> list[int]:
    frames = [m.frame if isinstance(m, Result) else m.shown.frame for m in messages]  # type: ignore[union-attr]
    return [frame.seq for frame in frames if frame.width_px]


def test_all_events_of_one_frame_share_its_picture() -> None:
    outbox = PictureOutbox(1000, most_frames=3)
    seen = result(1)
    _offer(outbox, seen, *_events(seen, 40))
    assert outbox.dropped == 0
    assert _seqs_with_pixels(_drain(outbox)) == [1] * 41
    assert outbox.delivered == 41


def test_for_one_frame_too_many_the_oldest_result_goes() -> None:
    outbox = PictureOutbox(1000, most_frames=3)
    _offer(outbox, *map(result, range(5)))
    assert outbox.dropped == 2
    assert _seqs_with_pixels(_drain(outbox)) == [2, 3, 4]


def test_without_a_result_to_lose_the_oldest_event_waits_on_without_its_picture() -> None:
    outbox = PictureOutbox(1000, most_frames=3)
    offered = [event for seq in range(20) for event in _events(result(seq), 2)]
    _offer(outbox, *offered)
    messages = _drain(outbox)
    assert [m.id for m in messages if isinstance(m, Event)] == [event.id for event in offered]
    assert _seqs_with_pixels(messages) == [17, 17, 18, 18, 19, 19]
    assert outbox.dropped == 0


def test_results_make_room_before_events_do() -> None:
    outbox = PictureOutbox(1000, most_frames=3)
    shots = [result(seq) for seq in range(6)]
    for shot in shots:
        _offer(outbox, shot, *(_events(shot) if shot.frame.seq < 2 else []))
    messages = _drain(outbox)
    assert [isinstance(message, Event) for message in messages] == [True, True, False]
    assert _seqs_with_pixels(messages) == [0, 1, 5]
    assert outbox.dropped == 5


def test_the_better_picture_of_an_event_counts_too() -> None:
    outbox = PictureOutbox(1000, most_frames=3)
    (first,) = _events(result(0))
    (second,) = _events(result(10))
    _offer(outbox, replace(first, best=result(1)), replace(second, best=result(11)))
    assert _seqs_with_pixels(_drain(outbox)) == [11]


def test_even_events_are_bounded_and_counted() -> None:
    outbox = PictureOutbox(10, most_frames=3)
    _offer(outbox, *_events(result(1), 25))
    assert outbox.dropped == 15
    assert len(_drain(outbox)) == 10


def test_what_loses_its_picture_on_its_way_is_not_sent_twice() -> None:
    outbox = PictureOutbox(1000, most_frames=1)
    (event,) = _events(result(0))
    outbox.offer(event)
    on_its_way = outbox.first()
    assert on_its_way is event
    (following,) = _events(result(1))
    outbox.offer(following)
    outbox.done(event)
    assert [m.id for m in _drain(outbox) if isinstance(m, Event)] == [following.id]
    assert (outbox.delivered, outbox.dropped) == (2, 0)


def test_a_result_that_was_given_up_on_its_way_and_yet_arrived_is_not_lost() -> None:
    outbox = PictureOutbox(1000, most_frames=1)
    outbox.offer(result(0))
    on_its_way = outbox.first()
    assert on_its_way is not None
    outbox.offer(result(1))
    assert outbox.dropped == 1
    outbox.done(on_its_way)
    assert (outbox.delivered, outbox.dropped) == (1, 0)


def test_a_patient_one_waits_where_a_picture_would_be_lost() -> None:
    outbox = PictureOutbox(1000, most_frames=2, patient=True)
    with ThreadPoolExecutor(1) as pool:
        offering = pool.submit(_offer, outbox, *map(result, range(50)))
        offering.add_done_callback(lambda _: outbox.close())
        seqs = []
        while (message := outbox.first()) is not None:
            assert isinstance(message, Result)
            seqs.append(message.frame.seq)
            outbox.done(message)
        offering.result(timeout=10)
    assert seqs == list(range(50))
    assert outbox.dropped == 0


def test_what_is_abandoned_counts_as_dropped() -> None:
    outbox = PictureOutbox(1000, most_frames=3)
    _offer(outbox, result(0), *_events(result(1), 4))
    outbox.abandon()
    outbox.offer(result(2))
    assert outbox.first() is None
    assert (outbox.delivered, outbox.dropped) == (0, 6)
