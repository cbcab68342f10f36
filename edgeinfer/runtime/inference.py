"""Inference: what the infer thread does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import Event as Signal
from time import monotonic, monotonic_ns

from edgeinfer.core.contracts import Rule
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Event, Result
from edgeinfer.runtime.controls import Controls
from edgeinfer.runtime.gate import Gate
from edgeinfer.runtime.ladder import Change, Ladder
from edgeinfer.runtime.publisher import Publisher
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.runtime.slot import LatestSlot
from edgeinfer.runtime.states import States

_LOOK_S = 0.25
"""How often a frame that waits for its turn asks anew: what limits the rate may have changed."""


class Inference:
    """Waits until a frame is due, takes the newest, runs it, and publishes what comes of it.

    `results` counts; `stale` counts frames of a live source that were too old to be worth a start,
    `still` those that the gate has left out, and `resting` says that the newest one was.
    `last` is the newest result, without its pixels. `running_since_s` is since when the thread is
    inside the pipeline, by the monotonic clock; None while it is not.
    """

    def __init__(  # noqa: PLR0913 - each is one part of the service, by name
        self,
        slot: LatestSlot,
        ladder: Ladder,
        publisher: Publisher,
        scheduler: Scheduler,
        *,
        rules: Sequence[Rule],
        controls: Controls,
        gate: Gate | None = None,
        stop: Signal,
        live: bool,
        frames: int | None,
        on_first: Callable[[], None],
    ) -> None:
        self.results = 0
        self.stale = 0
        self.still = 0
        self.resting = False
        self.last: Result | None = None
        self.running_since_s: float | None = None
        self.began_s = self.ended_s = monotonic()
        self._slot = slot
        self._ladder = ladder
        self._rules = rules
        self._states = States(rules)
        self._controls = controls
        self._gate = gate
        self._publisher = publisher
        self._scheduler = scheduler
        self._stop = stop
        self._live = live
        self._frames = frames
        self._on_first = on_first

    @property
    def model(self) -> str:
        return self._ladder.pipeline.model

    @property
    def paused(self) -> bool:
        """Frames are left alone on purpose; the first one never is: it says that all works."""
        return self.results > 0 and not self._controls.wants_frames

    def __call__(self) -> None:
        with ExitStack() as ending:
            for rule in self._rules:
                if close := getattr(rule, "close", None):
                    ending.callback(close)
            ending.callback(self._end)  # the first of them
            while self.results != self._frames and (taken := self._next()) is not None:
                self._work(*taken)

    def _end(self) -> None:
        self._slot.close()
        self._publisher.close()

    def _next(self) -> tuple[Frame, float] | None:
        """The newest frame once one is due, and how many ms it waited; None: none comes."""
        while True:
            self._wait_until_due()
            taken = self._slot.take()
            if taken is None:
                return None
            if self._is_stale(*taken):
                self.stale += 1
            elif self._is_still(taken[0]):
                self.still += 1
                self._scheduler.left_out()
            else:
                return taken

    def _wait_until_due(self) -> None:
        while (delay_s := self._delay_s()) > 0:
            if self._stop.wait(min(delay_s, _LOOK_S)):
                return

    def _delay_s(self) -> float:
        return _LOOK_S if self.paused else self._scheduler.delay_s()

    def _is_stale(self, frame: Frame, waited_ms: float) -> bool:
        return self._live and self._scheduler.is_stale(_age_ms(frame), waited_ms)

    def _is_still(self, frame: Frame) -> bool:
        self.resting = self._gate is not None and not self._gate.wants(frame)
        return self.resting

    def _work(self, frame: Frame, waited_ms: float) -> None:
        if self.results == 0:
            self.began_s = monotonic()  # opening a stream takes seconds
        self._scheduler.started()
        self.running_since_s = monotonic()
        result = self._ladder.pipeline.run(frame, waited_ms, self._scheduler.binds)
        self.running_since_s = None
        self._scheduler.finished(_age_ms(frame) if self._live else result.timing.total_ms)
        if self._gate:
            self._gate.seen(result)
        self._publish(result)
        self._step(result)

    def _publish(self, result: Result) -> None:
        events = [event for rule in self._rules for event in rule.update(result)]
        if self._controls.take_snapshot():
            events.append(Event("snapshot", "asked", result, {}))
        self._publisher.publish(result, *events, *self._states.changed(result.frame.wall_ns))
        self.last = result.without_pixels()
        self.results += 1
        self.ended_s = monotonic()  # a run that hangs later has no other end
        if self.results == 1:
            self._on_first()

    def _step(self, result: Result) -> None:
        scheduler = self._scheduler
        change = self._ladder.step(scheduler.wanted_fps, scheduler.cost_s, scheduler.binds_now)
        if change is not None:
            self._tell_of_change()
            self._publisher.publish(_event(change, result))

    def _tell_of_change(self) -> None:
        engine = self._ladder.pipeline.engine
        threads, accelerated = getattr(engine, "threads", 1), getattr(engine, "accelerated", False)
        self._scheduler.model_changed(threads, accelerated=bool(accelerated))


def _event(change: Change, result: Result) -> Event:
    return Event("model", "changed", result, change.facts)


def _age_ms(frame: Frame) -> float:
    """Since it was captured; a clip's frames have clocks of their own and no age."""
    return (monotonic_ns() - frame.captured_ns) / 1e6
