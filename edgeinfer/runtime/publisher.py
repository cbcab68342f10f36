"""Publisher: one outbox and one delivery for each sink, and who of them wants what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from edgeinfer.core.contracts import Sink
from edgeinfer.core.results import Event, Message, Result, Snapshot
from edgeinfer.runtime.delivery import Delivery
from edgeinfer.runtime.durable import DurableOutbox
from edgeinfer.runtime.outbox import Outbox
from edgeinfer.runtime.picture_outbox import PictureOutbox
from edgeinfer.runtime.report import SinkReport

_MESSAGES = 1000  # in an outbox: some 400 bytes each
_FRAMES = 8  # with their pixels, for a sink that wants them: 2.8 MB each at 720p


class Publisher:
    """Leaves messages for the sinks; never waits, unless `patient` for a sink at work.

    `state` is the folder in which undelivered events outlive the process; None: they do not.
    """

    def __init__(self, sinks: Sequence[Sink], *, patient: bool, state: Path | None = None) -> None:
        self._lines = [_Line(sink, patient=patient, state=state) for sink in sinks]
        self.deliveries = [line.delivery for line in self._lines]

    def publish(self, *messages: Message) -> None:
        for line in self._lines:
            for message in messages:
                line.offer(message)

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

    def __init__(self, sink: Sink, *, patient: bool, state: Path | None) -> None:
        self._wants: tuple[type[Message], ...] = getattr(sink, "wants", (Result, Event))
        self._wants_pixels = bool(getattr(sink, "wants_pixels", False))
        self.outbox = self._outbox(sink, patient, state)
        self.delivery = Delivery(sink, self.outbox)

    def _outbox(self, sink: Sink, patient: bool, state: Path | None) -> Outbox:
        name = getattr(sink, "durable", "")
        # A clip that was not delivered whole is run again, and its events are made anew.
        if state is not None and name and not patient:
            path = state / f"events-{_slug(name)}.sqlite3"
            return DurableOutbox(path, _MESSAGES, patient=patient)
        if self._wants_pixels:
            return PictureOutbox(_MESSAGES, _FRAMES, patient=patient)
        return Outbox(_MESSAGES, patient=patient)

    def offer(self, message: Message) -> None:
        if isinstance(message, self._wants):
            self.outbox.offer(message if self._wants_pixels else message.without_pixels())
        if isinstance(message, Event) and Snapshot in self._wants and message.shown.frame.width_px:
            self.outbox.offer(Snapshot(message))

    def report(self) -> SinkReport:
        delivery, outbox = self.delivery, self.outbox
        return SinkReport(
            name=delivery.name,
            delivered=outbox.delivered,
            dropped=outbox.dropped,
            kept=outbox.kept,
            reason=delivery.reason,
            closed=delivery.closed,
            waiting=outbox.waiting,
            away=outbox.away,
        )


def _slug(name: str) -> str:
    """A name as part of a file's: edgeinfer-porch-mqtt-broker.lan-1883."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")
