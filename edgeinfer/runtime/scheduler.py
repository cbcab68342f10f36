"""Scheduler: when the next frame may start."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from time import monotonic, process_time

from edgeinfer.core.results import Binds, Reading
from edgeinfer.runtime.freshness import LATE, Freshness
from edgeinfer.runtime.governor import Decision, Observation, State, decide, floor_fps
from edgeinfer.runtime.habit import Habit
from edgeinfer.runtime.meter import Meter
from edgeinfer.runtime.thermometer import BLIND_DUTY
from edgeinfer.sections import Limits
from edgeinfer.sensors.readings import hottest_c, slowed, under_voltage

_CONSULT_S = 0.25
"""Four times a second: a flag is answered well within one."""

_HELD = 0.5
"""A frame that starts later than this share of the interval was not held by it but came late."""

_TOO_LATE = 2 * LATE
"""The share of late results that is no accident, and speaks for a smaller model."""

_OLD_S = 10.0
"""Readings of so long ago say nothing of now: the sensors' thread hangs."""

_NAMED_S = 5.0
"""How long another limit has to bind until it is named: what changes faster tells nobody anything.
What may reset the board is named at once."""

_log = logging.getLogger(__name__)


class Scheduler:
    """Holds the rate that the limits allow.

    Wait until due first, then take the newest frame: a frame that is taken and then made to wait
    is old when it starts (at 5 fps from a 30 fps source: 218 ms instead of 16).

    `observe` is called by the thread of the sensors, everything else by the one that infers.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        threads: int = 1,
        accelerated: bool = False,
        clock: Callable[[], float] = monotonic,
        cpu_s: Callable[[], float] = process_time,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._meter = Meter(threads, accelerated=accelerated, clock=clock, cpu_s=cpu_s)
        self._freshness = Freshness(limits.max_latency_ms, floor_fps(limits), clock)
        self._seen: tuple[Sequence[Reading], float] = ((), clock())
        self._state = State()
        self._decision = Decision()
        self._consulted_s = -float("inf")
        self._beat_s = clock()  # when the last frame was due
        self._started_s: float | None = None
        self._left = False  # a frame was, for a fresher one, since the last start
        self._too_late = False
        # Frames wait for the interval to pass; and what costs frames is leaving the old ones.
        self._holds = Habit(on=True, begins=0.7, ends=0.3)
        self._leaves = Habit(on=False, begins=0.3, ends=0.1)
        self._said_blind = False
        self._named: Binds = "nothing"
        self._differs_since_s: float | None = None

    def observe(self, readings: Sequence[Reading], now_s: float | None = None) -> None:
        """The readings of now, in place of all that came before."""
        self._seen = (tuple(readings), self._clock() if now_s is None else now_s)

    def delay_s(self) -> float:
        """Seconds until the next frame may start; 0.0 if it may start now."""
        now_s = self._clock()
        if now_s - self._consulted_s >= _CONSULT_S:
            self._consult(now_s)
        return max(0.0, self._due_s - now_s)

    def is_stale(self, age_ms: float, waited_ms: float) -> bool:
        """Whether to leave a frame for a fresher one; `waited_ms` of its age it lay there."""
        stale = self._freshness.is_stale(age_ms, waited_ms)
        self._left = self._left or stale
        return stale

    def started(self) -> None:
        """A frame starts now. A late one moves the beat, so that none follow in a burst."""
        now_s = self._clock()
        late_s = now_s - self._due_s
        self._look(late_s)
        self._beat_s = now_s if late_s > self._decision.interval_s else self._due_s
        self._started_s = now_s
        self._meter.started()
        self._freshness.started()

    def finished(self, latency_ms: float) -> None:
        """That frame has become a result, `latency_ms` after its capture."""
        self._meter.finished()
        self._freshness.finished(latency_ms)

    def left_out(self) -> None:
        """The model need not see that frame; the next one may start at once."""
        self._meter.left_out()

    def model_changed(self, threads: int, *, accelerated: bool) -> None:
        """Another model runs from now on: forget what frames of the old one cost and took."""
        self._meter.model_changed(threads, accelerated=accelerated)
        self._freshness.model_changed()
        self._too_late = False

    def latency_ms(self, share: float) -> float | None:
        """From capture to result: what `share` of the recent frames stay below."""
        return self._freshness.latency_ms(share)

    @property
    def binds(self) -> Binds:
        """Which limit sets the rate, for people; "nothing" where frames come no faster anyway."""
        return self._named

    @property
    def binds_now(self) -> Binds:
        """The same at this moment, for who acts on it."""
        binds = self._decision.binds if self._holds.on else "nothing"
        late = self._leaves.on or (self._too_late and binds in ("nothing", "max_fps"))
        return "latency" if late else binds

    @property
    def allowed_fps(self) -> float | None:
        """None: unlimited."""
        return 1 / self._decision.interval_s if self._decision.interval_s else None

    @property
    def wanted_fps(self) -> float | None:
        """What the limits allow before the floor `min_fps`; none, while results are too late."""
        return 0.0 if self._too_late else self._decision.wanted_fps

    @property
    def cost_s(self) -> float | None:
        """Duty seconds for each frame."""
        return self._meter.cost_s

    @property
    def duty(self) -> float | None:
        """Of the last seconds."""
        return self._meter.duty

    @property
    def _due_s(self) -> float:
        first = self._started_s is None
        return self._beat_s if first else self._beat_s + self._decision.interval_s

    def _look(self, late_s: float) -> None:
        """Whether frames wait for us, or we for them, and why."""
        held = late_s <= _HELD * self._decision.interval_s
        self._holds.note(so=held)
        self._leaves.note(so=self._left and not held)
        self._left = False

    def _consult(self, now_s: float) -> None:
        self._consulted_s = now_s
        self._meter.sample()
        self._too_late = self._freshness.late > _TOO_LATE
        binds = self._decision.binds
        self._decision, self._state = decide(self._limits, self._state, self._observation(now_s))
        if self._decision.binds != binds:
            self._holds.set(on=True)
        self._name(now_s)
        if self._decision.blind and not self._said_blind:
            self._said_blind = True
            _log.warning(
                "max_temp_c: no temperature is read, or it never changes; "
                "the duty is held at %g instead",
                BLIND_DUTY,
            )

    def _name(self, now_s: float) -> None:
        binds = self.binds_now
        if binds == self._named:
            self._differs_since_s = None
            return
        since_s = now_s if self._differs_since_s is None else self._differs_since_s
        self._differs_since_s = since_s
        if binds == "power" or now_s - since_s >= _NAMED_S:
            self._named, self._differs_since_s = binds, None

    def _observation(self, now_s: float) -> Observation:
        readings, read_s = self._seen
        if now_s - read_s > _OLD_S:
            readings = ()
        duty = self._meter.duty
        return Observation(
            now_s,
            cost_s=self._meter.cost_s,
            used_s=self._meter.used_s,
            duty=1.0 if duty is None else duty,
            temp_c=hottest_c(readings),
            read_s=read_s,
            slowed=slowed(readings),
            under_voltage=under_voltage(readings),
        )
