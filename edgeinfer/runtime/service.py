"""Service: the threads, how they begin, and the ending that flows downstream.

The policy on failure: what is inside (camera, engine, rules) dies loudly, with a non-zero exit that
systemd answers with a restart; what is outside (brokers, disks) is waited for and never fatal.

Each thread opens, uses and closes what it owns. Stopping stops the source alone: the capture thread
ends and closes the slot, the infer thread empties the slot, ends and closes the outboxes, and each
sink's thread empties its outbox and ends. So nothing that was taken in is lost.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Event
from time import monotonic

from edgeinfer.core.contracts import Rule, Sink, Source
from edgeinfer.core.results import Message, Result
from edgeinfer.pipeline import Pipeline
from edgeinfer.runtime.capture import Capture
from edgeinfer.runtime.delivery import Delivery
from edgeinfer.runtime.notify import Notifier, Watchdog
from edgeinfer.runtime.outbox import Outbox
from edgeinfer.runtime.report import Report, SinkReport
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.runtime.slot import LatestSlot
from edgeinfer.runtime.worker import Worker

_log = logging.getLogger(__name__)

# A Python thread that is busy holds the GIL for one switch interval before a finished invoke gets
# it back: 5 ms by default, which doubled an invoke; 0.5 ms cost it 0.6 ms (measured).
_SWITCH_INTERVAL_S = 0.0005

_MESSAGES = 1000  # in an outbox: some 400 bytes each
_PICTURES = 8  # in the outbox of a sink that wants pixels: 2.8 MB each at 720p

# After SIGTERM everything is over within 2 s: these are seconds since the stop was asked for.
_SOURCE_HANGS_S = 0.7
_SINKS_HANG_S = 1.2
_GIVE_UP_S = 1.5


class Service:
    """One source, one pipeline, rules and sinks, until the source ends or `stop` is called.

    `frames` ends it after so many results.
    """

    def __init__(  # noqa: PLR0913 - each is one part of the service, by name
        self,
        source: Source,
        pipeline: Pipeline,
        sinks: Sequence[Sink],
        *,
        rules: Sequence[Rule] = (),
        max_fps: float | None = None,
        frames: int | None = None,
    ) -> None:
        self.results = 0
        self._inbox: SimpleQueue[str] = SimpleQueue()  # its put is safe in a signal handler
        self._stop = Event()
        self._end_began_s = 0.0
        self._hurry_since_s: float | None = None
        self._slot = LatestSlot(lossless=not source.live)
        self._with_pixels = [bool(getattr(sink, "wants_pixels", False)) for sink in sinks]
        self._outboxes = [
            Outbox(_PICTURES if pixels else _MESSAGES, patient=not source.live)
            for pixels in self._with_pixels
        ]
        self._deliveries = [
            Delivery(sink, outbox) for sink, outbox in zip(sinks, self._outboxes, strict=True)
        ]
        self._capture = Capture(source, self._slot, self._stop)
        self._pipeline = pipeline
        self._rules = rules
        self._scheduler = Scheduler(max_fps)
        self._frames = frames
        self._notifier = Notifier()
        self._watchdog = Watchdog(self._notifier)
        self._make_workers()

    def stop(self) -> None:
        """End soon, having delivered what was taken in. Safe in a signal handler."""
        self._inbox.put("stop")

    def run(self) -> Report:
        """Run until the end; from the main thread.

        Raises: EdgeinferError: what a part could not overcome; or the bug that ended a thread.
        """
        sys.setswitchinterval(_SWITCH_INTERVAL_S)
        self._began_s = self._worked_until_s = monotonic()
        for worker in self._workers:
            worker.start()
        stopped = self._watch()
        for worker in self._workers:
            if worker.error is not None:
                raise worker.error
        return self._report(stopped=stopped)

    def _make_workers(self) -> None:
        def ended() -> None:
            self._inbox.put("ended")

        self._capturer = Worker("capture", self._capture, ended)
        self._inferrer = Worker("infer", self._infer, ended)
        self._senders = [Worker(f"sink {d.name}", d, ended) for d in self._deliveries]
        self._workers = [*self._senders, self._inferrer, self._capturer]

    # The infer thread.

    def _infer(self) -> None:
        try:
            while self.results != self._frames:
                self._stop.wait(self._scheduler.delay_s())
                taken = self._slot.take()
                if taken is None:
                    break
                if self.results == 0:
                    self._began_s = monotonic()  # opening a stream takes seconds
                self._scheduler.started()
                self._publish(self._pipeline.run(*taken))
        finally:
            self._worked_until_s = monotonic()
            self._slot.close()
            for outbox in self._outboxes:
                outbox.close()

    def _publish(self, result: Result) -> None:
        events = [event for rule in self._rules for event in rule.update(result)]
        messages: list[Message] = [result, *events]
        light = [message.without_pixels() for message in messages]
        for outbox, pixels in zip(self._outboxes, self._with_pixels, strict=True):
            for message in messages if pixels else light:
                outbox.offer(message)
        self.results += 1
        if self.results == 1:
            self._inbox.put("first result")

    # The main thread.

    def _watch(self) -> bool:
        """Wait for the end; True if it was asked for."""
        asked = ready = False
        while self._unfinished():
            note = self._next_note()
            if note == "first result":
                ready = True
                self._notifier.ready()
            elif note == "stop":
                asked = True
                self._end(hurry=True)
            elif note == "ended":
                self._look_around()
            self._press()
            if ready:
                waiting = self._scheduler.delay_s() > 0
                capture = self._capture
                self._watchdog.tick(self.results, capture.frames, capture.tries, waiting=waiting)
        return asked

    def _unfinished(self) -> bool:
        """A source that does not return from its driver is not waited for."""
        stuck = ", ".join(worker.name for worker in self._workers if worker.alive)
        if stuck and self._since_hurry_s() > _GIVE_UP_S:
            _log.warning("%s: did not end in time; left behind", stuck)
            return False
        downstream = any(worker.alive for worker in (*self._senders, self._inferrer))
        return downstream or (self._capturer.alive and self._since_end_s() < _SOURCE_HANGS_S)

    def _next_note(self) -> str:
        try:
            ending = self._stop.is_set()
            return self._inbox.get(timeout=0.05 if ending else self._watchdog.interval_s)
        except Empty:
            return "nothing"

    def _look_around(self) -> None:
        """A worker ended: can the others go on without it?"""
        failed = any(worker.error is not None for worker in self._workers)
        nobody_listens = bool(self._senders) and not any(w.alive for w in self._senders)
        if failed or nobody_listens or not (self._inferrer.alive and self._capturer.alive):
            self._end(hurry=failed)

    def _end(self, *, hurry: bool) -> None:
        if not self._stop.is_set():
            self._notifier.stopping()
            self._end_began_s = monotonic()
            self._stop.set()
        if hurry and self._hurry_since_s is None:
            self._hurry_since_s = monotonic()

    def _since_end_s(self) -> float:
        return monotonic() - self._end_began_s if self._stop.is_set() else 0.0

    def _since_hurry_s(self) -> float:
        return 0.0 if self._hurry_since_s is None else monotonic() - self._hurry_since_s

    def _press(self) -> None:
        """Help the ending along where something hangs."""
        if self._since_end_s() > _SOURCE_HANGS_S:
            self._slot.close()
        if self._since_hurry_s() > _SINKS_HANG_S:
            for outbox in self._outboxes:
                outbox.abandon()

    def _report(self, *, stopped: bool) -> Report:
        sinks = tuple(
            SinkReport(
                delivery.name, outbox.delivered, outbox.dropped, delivery.reason, delivery.closed
            )
            for delivery, outbox in zip(self._deliveries, self._outboxes, strict=True)
        )
        return Report(
            frames=self._capture.frames,
            results=self.results,
            dropped=self._slot.dropped,
            seconds=self._worked_until_s - self._began_s,
            stopped=stopped,
            sinks=sinks,
        )
