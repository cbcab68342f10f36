from __future__ import annotations

from edgeinfer.core.results import Event, Health, Message, Result
from edgeinfer.runtime.publisher import Publisher
from tests.doubles import ListSink, result


class Doctor(ListSink):
    wants_health = True


class Album(ListSink):
    wants_pixels = True


def sent_to(sink: ListSink, *messages: Message) -> list[Message]:
    publisher = Publisher([sink], patient=False)
    publisher.publish(*messages)
    publisher.close()
    publisher.deliveries[0]()
    return sink.sent


def test_health_goes_to_the_sinks_that_want_it_alone() -> None:
    health = Health(0, {})
    assert sent_to(Doctor(), health) == [health]
    assert sent_to(ListSink(), health) == []


def test_results_and_events_go_to_every_sink_in_their_order() -> None:
    seen = result(3)
    event = Event("rule", "kind", seen, {})
    for sink in (Doctor(), ListSink(), Album()):
        first, second = sent_to(sink, seen, event)
        assert isinstance(first, Result)
        assert isinstance(second, Event)
        assert (first.frame.seq, second.id) == (3, event.id)


def test_only_a_sink_that_wants_pixels_gets_them() -> None:
    (light,) = sent_to(ListSink(), result())
    (whole,) = sent_to(Album(), result())
    assert isinstance(light, Result)
    assert isinstance(whole, Result)
    assert (light.frame.width_px, whole.frame.width_px) == (0, 6)


def test_what_is_abandoned_counts_as_dropped() -> None:
    publisher = Publisher([ListSink()], patient=False)
    publisher.publish(result(1), result(2))
    publisher.abandon()
    (report,) = publisher.reports()
    assert (report.delivered, report.dropped) == (0, 2)
