"""Delivery: what a sink's thread does, and how it lives with a sink that is away."""

from __future__ import annotations

import logging
from time import monotonic

from edgeinfer.core.backoff import Backoff
from edgeinfer.core.contracts import Sink
from edgeinfer.core.results import Message
from edgeinfer.errors import SinkBusy, SinkClosed, SinkError
from edgeinfer.runtime.outbox import Outbox

_log = logging.getLogger(__name__)

LAST_TRY_S = 5.0
"""How long a sink that is away is still waited for once everything else has ended."""


class Delivery:
    """Takes messages from the outbox to the sink, in order, until the outbox is closed and empty.

    A sink that is away is said once, tried again with growing pauses, and said once when it is
    back. It never stops the frames.

    `inside_since_s`: since when the thread is inside a call of the sink, by the monotonic clock;
    None while it is not.
    """

    def __init__(self, sink: Sink, outbox: Outbox, last_try_s: float = LAST_TRY_S) -> None:
        self.reason = ""  # why the sink was away or slow, the last time that it was
        self.closed = False
        self.inside_since_s: float | None = None
        self._sink = sink
        self._outbox = outbox
        self._backoff = Backoff(first_s=0.1, longest_s=5.0)
        self._last_try_s = last_try_s
        self._ending_since_s: float | None = None
        self._is_away = False
        self._dropped_before = 0

    @property
    def name(self) -> str:
        return self._sink.name

    def __call__(self) -> None:
        self.inside_since_s = monotonic()
        try:
            with self._sink as sink:
                self.inside_since_s = None
                _log.debug("%s: open", sink.name)
                while (message := self._outbox.first()) is not None:
                    self._deliver(sink, message)
        except SinkClosed as error:
            _log.info("%s", error)
            self.closed = True
        finally:
            self.inside_since_s = None
            self._outbox.abandon()

    def _deliver(self, sink: Sink, message: Message) -> None:
        try:
            self._send(sink, message)
        except SinkClosed:
            raise
        except SinkBusy as error:
            self._busy(error)
        except SinkError as error:
            self._away(error)
        else:
            self._outbox.done(message)
            self._back()

    def _send(self, sink: Sink, message: Message) -> None:
        self.inside_since_s = monotonic()
        try:
            sink.send(message)
        finally:
            self.inside_since_s = None

    def _busy(self, error: SinkError) -> None:
        """The message is offered again at once, unless it was given up meanwhile."""
        if not self.reason:
            _log.warning("%s; it is waited for", error)
        self.reason = str(error)

    def _away(self, error: SinkError) -> None:
        if not self._is_away:
            self._is_away = True
            self._dropped_before = self._outbox.dropped
            _log.warning("%s; messages wait, the oldest are dropped when the outbox is full", error)
        self.reason = str(error)
        _log.debug("%s", error)
        if self._out_of_patience():
            self._outbox.abandon()
        else:
            self._outbox.pause(self._backoff.next_s())

    def _back(self) -> None:
        if self._is_away:
            self._is_away = False
            dropped = self._outbox.dropped - self._dropped_before
            _log.warning("%s: is back; %d messages were dropped meanwhile", self.name, dropped)
            self._backoff.reset()

    def _out_of_patience(self) -> bool:
        if not self._outbox.closed:
            return False
        if self._ending_since_s is None:
            self._ending_since_s = monotonic()
        return monotonic() - self._ending_since_s >= self._last_try_s
