from __future__ import annotations

import logging
from typing import Self

import pytest

from edgeinfer.core.results import Message
from edgeinfer.errors import SinkBusy, SinkClosed, SinkError
from edgeinfer.runtime.delivery import Delivery
from edgeinfer.runtime.outbox import Outbox
from tests.doubles import ListSink, result


def _filled(count: int) -> Outbox:
    outbox = Outbox(1000)
    for seq in range(count):
        outbox.offer(result(seq))
    outbox.close()
    return outbox


def test_everything_in_the_outbox_is_delivered_in_order() -> None:
    sink, outbox = ListSink(), _filled(5)
    Delivery(sink, outbox)()
    assert [message.frame.seq for message in sink.sent] == [0, 1, 2, 3, 4]  # type: ignore[union-attr] # results
    assert sink.closed == 1


def test_a_refused_message_is_offered_again_and_told_once_each_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sink, outbox = ListSink(), _filled(3)
    sink.refuse(3)
    with caplog.at_level(logging.INFO):
        Delivery(sink, outbox)()
    assert len(sink.sent) == 3
    assert [record.message for record in caplog.records] == [
        "list: away; messages wait, the oldest are dropped when the outbox is full",
        "list: is back; 0 messages were dropped meanwhile",
    ]


def test_a_sink_that_stays_away_at_the_end_is_given_up_with_its_reason() -> None:
    sink, outbox = ListSink(), _filled(3)
    sink.refuse(10**9)
    delivery = Delivery(sink, outbox, last_try_s=0)
    delivery()
    assert (outbox.delivered, outbox.dropped) == (0, 3)
    assert delivery.reason == "list: away"


def test_a_slow_reader_is_waited_for_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    class Pager(ListSink):
        turns = 0

        def send(self, message: Message) -> None:
            self.turns += 1
            if self.turns % 3:
                raise SinkBusy("list: the reader takes nothing")
            super().send(message)

    sink, outbox = Pager(), _filled(5)
    with caplog.at_level(logging.INFO):
        Delivery(sink, outbox, last_try_s=0)()
    assert len(sink.sent) == 5
    assert caplog.messages == ["list: the reader takes nothing; it is waited for"]
    assert not outbox.away


def test_a_reader_that_left_ends_the_delivery_quietly() -> None:
    class Head(ListSink):
        def send(self, message: Message) -> None:
            if len(self.sent) == 2:
                raise SinkClosed("list: nobody reads any more")
            super().send(message)

    sink, outbox = Head(), _filled(5)
    delivery = Delivery(sink, outbox)
    delivery()
    assert delivery.closed
    assert delivery.reason == "", "nothing was away"
    assert (len(sink.sent), sink.closed) == (2, 1)


def test_a_sink_that_can_never_work_is_an_error() -> None:
    class Impossible(ListSink):
        def __enter__(self) -> Self:
            raise SinkError("list: no such folder")

    with pytest.raises(SinkError, match="no such folder"):
        Delivery(Impossible(), _filled(1))()


def test_it_knows_since_when_it_is_inside_a_call_of_the_sink() -> None:
    inside: list[float | None] = []

    class Curious(ListSink):
        def __enter__(self) -> Self:
            inside.append(delivery.inside_since_s)
            return super().__enter__()

        def send(self, message: Message) -> None:
            inside.append(delivery.inside_since_s)
            super().send(message)

    sink = Curious()
    sink.refuse(1)
    delivery = Delivery(sink, _filled(1))
    delivery()
    assert len(inside) == 3
    assert None not in inside
    assert delivery.inside_since_s is None
