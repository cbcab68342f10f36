"""Publisher: one outbox and one delivery for each sink, and who of them wants what."""

from __future__ import annotations

from collections.abc import Sequence

from edgeinfer.core.contracts import Sink
from edgeinfer.core.results import Health, Message
from edgeinfer.runtime.delivery import Delivery
from edgeinfer.runtime.outbox import Outbox
from edgeinfer.runtime.report import SinkReport

_MESSAGES = 1000  # in an outbox: some 400 bytes each
_PICTURES = 8  # in the outbox of a sink that wants pixels: 2.8 MB each at 720p


class Publisher:
    """Leaves messages for the sinks; never waits, unless `patient` for a sink at work."""

    def __init__(self, sinks: Sequence[Sink], *, patient: bool) -> None:
        self._lines = [_Line(sink, patient=patient) for sink in sinks]
        self.deliveries = [line.delivery for line in self._lines]

    def publish(self, *messages: Message) -> None:
        light = [message.without_pixels() for message in messages]
        for line in self._lines:
            for message in messages if line.wants_pixels else light:
                if line.wants_health or not isinstance(message, Health):
                    line.outbox.offer(message)

    def close(self) -> None:
        """No message comes any more."""
        for line in self._lines:
            line.outbox.close()

    def abandon(self) -> None:
        """Give up what could not be delivered yet."""
        for line in self._lines:
            line.outbox.abandon()

    def reports(self) -> tuple[SinkReport, ...]:
        return tuple(line.report() for line in self._lines)


class _Line:
    """One sink with what leads to it."""

    def __init__(self, sink: Sink, *, patient: bool) -> None:
        self.wants_pixels = bool(getattr(sink, "wants_pixels", False))
        self.wants_health = bool(getattr(sink, "wants_health", False))
        self.outbox = Outbox(_PICTURES if self.wants_pixels else _MESSAGES, patient=patient)
        self.delivery = Delivery(sink, self.outbox)

    def report(self) -> SinkReport:
        delivery, outbox = self.delivery, self.outbox
        return SinkReport(
            delivery.name, outbox.delivered, outbox.dropped, delivery.reason, delivery.closed
        )
