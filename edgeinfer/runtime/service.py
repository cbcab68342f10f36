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
from typing import Any

from edgeinfer.core.contracts import Rule, Sensor, Sink, Source
from edgeinfer.pipeline import Pipeline
from edgeinfer.runtime.capture import Capture
from edgeinfer.runtime.inference import Inference
from edgeinfer.runtime.ladder import Ladder
from edgeinfer.runtime.notify import Notifier, Watchdog
from edgeinfer.runtime.publisher import Publisher
from edgeinfer.runtime.report import Report
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.runtime.slot import LatestSlot
from edgeinfer.runtime.vitals import Vitals
from edgeinfer.runtime.worker import Worker
from edgeinfer.sections import Limits

_log = logging.getLogger(__name__)

# A Python thread that is busy holds the GIL for one switch interval before a finished invoke gets
# it back: 5 ms by default, which doubled an invoke; 0.5 ms cost it 0.6 ms (measured).
_SWITCH_INTERVAL_S = 0.0005

HEALTH_S = 60.0
"""Between two messages of health: what a person looks at, not what a machine acts on."""

# After SIGTERM everything is over within 2 s: these are seconds since the stop was asked for.
_SOURCE_HANGS_S = 0.7
_SINKS_HANG_S = 1.2
_GIVE_UP_S = 1.5


class Service:
    """One source, one pipeline or a ladder of them, rules and sinks, until the source ends.

    `stop` ends it sooner, and `frames` after so many results. `sensors` are read all the while;
    sinks that want it hear every `health_s` how the device is.
    """

    def __init__(  # noqa: PLR0913 - each is one part of the service, by name
        self,
        source: Source,
        pipeline: Pipeline | Ladder,
        sinks: Sequence[Sink],
        *,
        rules: Sequence[Rule] = (),
        sensors: Sequence[Sensor] = (),
        limits: Limits | None = None,
        frames: int | None = None,
        health_s: float = HEALTH_S,
    ) -> None:
        ladder = pipeline if isinstance(pipeline, Ladder) else Ladder(pipeline)
        engine = ladder.pipeline.engine
        self._began_s = monotonic()
        self._inbox: SimpleQueue[str] = SimpleQueue()  # its put is safe in a signal handler
        self._stop = Event()
        self._end_began_s = 0.0
        self._hurry_since_s: float | None = None
        self._slot = LatestSlot(lossless=not source.live)
        self._publisher = Publisher(sinks, patient=not source.live)
        self._capture = Capture(source, self._slot, self._stop)
        self._scheduler = Scheduler(
            limits or Limits(),
            threads=getattr(engine, "threads", 1),
            accelerated=getattr(engine, "accelerated", False),
        )
        self._inference = Inference(
            self._slot,
            ladder,
            self._publisher,
            self._scheduler,
            rules=rules,
            stop=self._stop,
            live=source.live,
            frames=frames,
            on_first=lambda: self._inbox.put("first result"),
        )
        self._vitals = Vitals(
            sensors,
            self._scheduler,
            self._facts,
            self._publisher.publish,
            self._stop,
            health_s=health_s,
        )
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
        self._inferrer = Worker("infer", self._inference, ended)
        self._senders = [Worker(f"sink {d.name}", d, ended) for d in self._publisher.deliveries]
        sensors = Worker("sensors", self._vitals, ended)
        self._workers = [*self._senders, self._inferrer, self._capturer, sensors]

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
                results = self._inference.results
                self._watchdog.tick(results, capture.frames, capture.tries, waiting=waiting)
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
            self._publisher.abandon()

    def _facts(self) -> dict[str, Any]:
        """What health says of the service."""
        scheduler, inference = self._scheduler, self._inference
        return {
            "uptime_s": round(monotonic() - self._began_s, 1),
            "model": inference.model,
            "allowed_fps": _rounded(scheduler.allowed_fps),
            "duty": _rounded(scheduler.duty),
            "latency_ms": {
                "p50": _rounded(scheduler.latency_ms(0.5)),
                "p95": _rounded(scheduler.latency_ms(0.95)),
            },
            "frames": self._capture.frames,
            "results": inference.results,
            "dropped": self._slot.dropped + inference.stale,
            "sinks": [
                {"name": sink.name, "delivered": sink.delivered, "dropped": sink.dropped}
                for sink in self._publisher.reports()
            ],
        }

    def _report(self, *, stopped: bool) -> Report:
        inference = self._inference
        return Report(
            frames=self._capture.frames,
            results=inference.results,
            dropped=self._slot.dropped + inference.stale,
            seconds=inference.ended_s - inference.began_s,
            stopped=stopped,
            sinks=self._publisher.reports(),
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
