from __future__ import annotations

from pathlib import Path

from edgeinfer.core.results import Event, Health, Message, Result, Snapshot
from edgeinfer.runtime.publisher import Publisher
from tests.doubles import ListSink, result


class Doctor(ListSink):
    wants = (Result, Event, Health)


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


def test_the_events_of_a_durable_sink_wait_on_disk_for_the_next_of_its_name(tmp_path: Path) -> None:
    class Mail(ListSink):
        durable = "edgeinfer/porch mqtt://broker:1883"

    event = Event("rule", "kind", result(), {})
    first = Publisher([Mail()], patient=False, state=tmp_path)
    first.publish(event)
    first.abandon()
    (report,) = first.reports()
    assert (report.delivered, report.dropped, report.kept) == (0, 0, 1)
    sink = Mail()
    second = Publisher([sink], patient=False, state=tmp_path)
    second.close()
    second.deliveries[0]()
    assert [message.id for message in sink.sent if isinstance(message, Event)] == [event.id]


def test_a_sink_that_wants_snapshots_gets_the_newest_picture_of_each_rule() -> None:
    class Gallery(ListSink):
        wants = (Snapshot,)

    old, new = (Event("porch", "seen", result(seq), {}) for seq in (1, 2))
    sent = sent_to(Gallery(), old, new, Event("road", "seen", result(3), {}))
    seqs = [message.event.result.frame.seq for message in sent if isinstance(message, Snapshot)]
    assert seqs == [2, 3]
    assert all(m.event.result.frame.width_px for m in sent if isinstance(m, Snapshot))
