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
from pathlib import Path
from queue import Empty, SimpleQueue

from edgeinfer.core.contracts import Rule, Sensor, Sink, Source
from edgeinfer.pipeline import Pipeline
from edgeinfer.runtime import deadline
from edgeinfer.runtime.account import Account
from edgeinfer.runtime.capture import Capture
from edgeinfer.runtime.controls import Controls
from edgeinfer.runtime.ending import WHY, Ending
from edgeinfer.runtime.fallback import Fallback
from edgeinfer.runtime.flow import Flow
from edgeinfer.runtime.gate import Gate
from edgeinfer.runtime.guard import Guard
from edgeinfer.runtime.inference import Inference
from edgeinfer.runtime.ladder import Ladder
from edgeinfer.runtime.notify import Notifier
from edgeinfer.runtime.publisher import Publisher
from edgeinfer.runtime.record import Record
from edgeinfer.runtime.report import Report
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.runtime.slot import LatestSlot
from edgeinfer.runtime.vitals import Vitals
from edgeinfer.runtime.worker import Worker
from edgeinfer.sections import INVOKE_LIMIT_S, Limits

_log = logging.getLogger(__name__)

# A Python thread that is busy holds the GIL for one switch interval before a finished invoke gets
# it back: 5 ms by default, which doubled an invoke; 0.5 ms cost it 0.6 ms (measured).
_SWITCH_INTERVAL_S = 0.0005

HEALTH_S = 60.0
"""Between two messages of health: what a person looks at, not what a machine acts on."""

# Between two looks at what hangs: it is answered within two of them.
_LOOK_S = 1.0
_ENDING_LOOK_S = 0.05

# After SIGTERM everything is over within 2 s: these are seconds since the stop was asked for.
_SOURCE_HANGS_S = 0.7
_SINKS_HANG_S = 1.2
_GIVE_UP_S = 1.5


class Service:
    """One source, one pipeline or a ladder of them, rules and sinks, until the source ends.

    `stop` ends it sooner, and `frames` after so many results. `gate` says which frames the model
    has to see. `sensors` are read all the while; sinks that want it hear every `health_s` how the
    device is. What takes longer than `invoke_limit_s` or `source_limit_s` hangs, and ends the
    service with an error. `state` is the folder for what outlives the process, `record` what the
    next run reads of this one, `fallback` what the accelerator has done so far. `again`: it ended
    because somebody wants it built anew.
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
        gate: Gate | None = None,
        frames: int | None = None,
        health_s: float = HEALTH_S,
        invoke_limit_s: float = INVOKE_LIMIT_S,
        source_limit_s: float = deadline.SOURCE_S,
        state: Path | None = None,
        record: Record | None = None,
        fallback: Fallback | None = None,
    ) -> None:
        ladder = pipeline if isinstance(pipeline, Ladder) else Ladder(pipeline)
        engine = ladder.pipeline.engine
        accelerated = bool(getattr(engine, "accelerated", False))
        self._inbox: SimpleQueue[str] = SimpleQueue()  # its put is safe in a signal handler
        self._ending, self.again = Ending(), False
        controls = Controls(lambda: self._inbox.put("restart"))
        controls.listen(sinks)
        self._record = record or Record()
        self._fallback = fallback
        self._notifier = Notifier()
        slot = LatestSlot(lossless=not source.live)
        publisher = Publisher(sinks, patient=not source.live, state=state)
        capture = Capture(source, slot, self._ending.stop, self._camera_changed)
        scheduler = Scheduler(
            limits or Limits(), threads=getattr(engine, "threads", 1), accelerated=accelerated
        )
        inference = Inference(
            slot,
            ladder,
            publisher,
            scheduler,
            rules=rules,
            controls=controls,
            gate=gate,
            stop=self._ending.stop,
            live=source.live,
            frames=frames,
            on_first=self._first_result,
        )
        self._flow = Flow(source, capture, slot, scheduler, inference, publisher, controls)
        self._account = Account(
            self._flow,
            self._record,
            fallback,
            accelerated=accelerated,
            endless=source.live and frames is None,
        )
        self._vitals = Vitals(
            sensors,
            scheduler,
            self._account.facts,
            publisher.publish,
            self._ending.stop,
            look=self._account.look,
            health_s=health_s,
        )
        self._guard = Guard(
            self._flow, self._vitals, self._notifier, invoke_s=invoke_limit_s, read_s=source_limit_s
        )
        controls.on_pause = self._vitals.hurry
        self._vitals.answer(sinks)
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
        self._record.describe(**self._account.worst())
        if self._guard.hung is not None:
            raise self._guard.hung
        for worker in self._workers:
            if worker.error is not None:
                raise worker.error
        return self._account.report(stopped=stopped)

    def _make_workers(self) -> None:
        def ended() -> None:
            self._inbox.put("ended")

        flow = self._flow
        self._capturer = Worker("capture", flow.capture, ended)
        self._inferrer = Worker("infer", flow.inference, ended)
        self._senders = [Worker(f"sink {d.name}", d, ended) for d in flow.publisher.deliveries]
        sensors = Worker("sensors", self._vitals, ended)
        self._workers = [*self._senders, self._inferrer, self._capturer, sensors]
        if self._fallback and self._fallback.active:
            self._workers.append(Worker("fallback", self._wait_for_accelerator, ended))

    def _first_result(self) -> None:
        self._account.begin()
        self._inbox.put("first result")

    def _camera_changed(self, before: str, after: str) -> None:
        self._account.camera_changed(before, after)
        self._vitals.hurry()

    def _wait_for_accelerator(self) -> None:
        if self._fallback and self._fallback.wait_until_it_works(self._ending.stop):
            self._inbox.put("works again")

    # The main thread.

    def _watch(self) -> bool:
        """Wait for the end; True if it was asked for."""
        asked = False
        while self._unfinished():
            note = self._next_note()
            if note == "first result":
                self._guard.ready()
            elif note in WHY:
                asked = self._asked(note) or asked
            elif note == "ended":
                self._look_around()
            self._guard.look()
            if self._guard.hung:
                self._end(hurry=True)
            self._press()
        return asked

    def _asked(self, note: str) -> bool:
        """Whether that ends the service."""
        if note == "works again" and not self._notifier.supervised:
            _log.warning("the accelerator works again; the next start takes it")
            return False
        self._record.reason = WHY[note]
        self.again = note == "restart"
        self._end(hurry=True)
        return True

    def _unfinished(self) -> bool:
        """A source that does not return from its driver is not waited for."""
        stuck = ", ".join(worker.name for worker in self._workers if worker.alive)
        if stuck and self._ending.hurried_since_s > _GIVE_UP_S:
            _log.warning("%s: did not end in time; left behind", stuck)
            return False
        downstream = any(worker.alive for worker in (*self._senders, self._inferrer))
        return downstream or (self._capturer.alive and self._ending.since_s < _SOURCE_HANGS_S)

    def _next_note(self) -> str:
        try:
            wait_s = _ENDING_LOOK_S if self._ending.stop.is_set() else _LOOK_S
            return self._inbox.get(timeout=wait_s)
        except Empty:
            return "nothing"

    def _look_around(self) -> None:
        """A worker ended: can the others go on without it?"""
        failed = any(worker.error is not None for worker in self._workers)
        nobody_listens = bool(self._senders) and not any(w.alive for w in self._senders)
        if failed or nobody_listens or not (self._inferrer.alive and self._capturer.alive):
            self._end(hurry=failed)

    def _end(self, *, hurry: bool) -> None:
        if self._ending.begin(hurry=hurry):
            (self._notifier.reloading if self.again else self._notifier.stopping)()

    def _press(self) -> None:
        """Help the ending along where something hangs."""
        if self._ending.since_s > _SOURCE_HANGS_S:
            self._flow.slot.close()
        if self._ending.hurried_since_s > _SINKS_HANG_S:
            self._flow.publisher.abandon()
