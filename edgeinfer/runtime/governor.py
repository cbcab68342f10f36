"""Governor: from limits and measurements to the time between two frames.

Everything but `max_fps` is a ceiling of the duty, the share of time in which the processor works
for us: heat and power follow from it. (Latency does not: see `freshness`.) The lowest ceiling
counts, and a frame that costs so many seconds of work may then come so often. What was used beyond
the ceiling is owed and paid back, so that it holds on average, whatever the estimate of the cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edgeinfer.core.results import Binds
from edgeinfer.runtime.brake import FIRMWARE, FREE, POWER, Brake, Kind, lift, press
from edgeinfer.runtime.thermometer import Thermometer, judge, look, pass_by
from edgeinfer.sections import Limits

LEAST_FPS = 0.1
"""What `min_fps` is unless it is said: seldom enough to cool, often enough to see that it lives."""

_REPAY_S, _REPAY_FRAMES = 5.0, 10
"""Over how long a debt is paid back: what a person sees as now, and never within a few frames."""

_CREDIT, _DEBT = 0.15, 0.5
"""How far the interval is shortened or stretched for it: no burst after a pause, no long halt."""

_STICKS = 1.05
"""Another limit takes over the name when it is this much tighter: two alike do not take turns."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known when the governor is asked.

    `cost_s` of a frame and `used_s` of all time are in duty seconds; `temp_c` was read at `read_s`.
    """

    now_s: float
    cost_s: float | None = None
    used_s: float = 0.0
    duty: float = FREE
    temp_c: float | None = None
    read_s: float = 0.0
    slowed: bool = False
    under_voltage: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What holds until the next one.

    `wanted_fps`: what the limits allow before the floor `min_fps`; None: no limit. `blind`: the
    temperature is limited, but not known.
    """

    interval_s: float = 0.0
    binds: Binds = "nothing"
    wanted_fps: float | None = None
    blind: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """`owed_s`: duty seconds that were used beyond `duty`, the ceiling of the last decision."""

    now_s: float | None = None
    used_s: float = 0.0
    owed_s: float = 0.0
    duty: float = FREE
    binds: Binds = "nothing"
    thermometer: Thermometer = field(default_factory=Thermometer)
    power: Brake = field(default_factory=Brake)
    firmware: Brake = field(default_factory=Brake)


def decide(limits: Limits, state: State, seen: Observation) -> tuple[Decision, State]:
    """The interval from now on, and what to remember."""
    passed_s = 0.0 if state.now_s is None else max(0.0, seen.now_s - state.now_s)
    state = _observe(limits, state, seen, passed_s)
    intervals_s = _intervals_s(limits, state, seen)
    binds = max(
        intervals_s, key=lambda name: intervals_s[name] * (_STICKS if name == state.binds else 1)
    )
    interval_s = max(intervals_s.values())
    state = replace(state, duty=min(_ceilings(limits, state).values()), binds=binds)
    decision = Decision(
        min(interval_s, 1 / floor_fps(limits)),
        binds if interval_s else "nothing",
        1 / interval_s if interval_s else None,
        blind=limits.max_temp_c is not None and state.thermometer.blind,
    )
    return decision, state


def floor_fps(limits: Limits) -> float:
    """What is kept to whatever binds."""
    return limits.min_fps or min(LEAST_FPS, limits.max_fps or LEAST_FPS)


def _observe(limits: Limits, state: State, seen: Observation, passed_s: float) -> State:
    used_s = max(0.0, seen.used_s - state.used_s)
    return replace(
        state,
        now_s=seen.now_s,
        used_s=seen.used_s,
        owed_s=_owed_s(state, seen.cost_s or 0.0, used_s, passed_s),
        thermometer=_thermometer(limits, state, seen, passed_s),
        power=_brake(POWER, state.power, seen.under_voltage, seen, passed_s),
        firmware=_brake(FIRMWARE, state.firmware, seen.slowed, seen, passed_s),
    )


def _thermometer(limits: Limits, state: State, seen: Observation, passed_s: float) -> Thermometer:
    if limits.max_temp_c is None:
        return state.thermometer
    duty = (seen.used_s - state.used_s) / passed_s if passed_s else 0.0
    meter = look(pass_by(state.thermometer, duty, passed_s), seen.temp_c, seen.read_s)
    return judge(meter, limits.max_temp_c, passed_s)


def _brake(kind: Kind, brake: Brake, pressed: bool, seen: Observation, passed_s: float) -> Brake:
    return press(kind, brake, seen.duty, seen.now_s) if pressed else lift(kind, brake, passed_s)


def _ceilings(limits: Limits, state: State) -> dict[Binds, float]:
    return {
        "temperature": min(state.thermometer.duty, state.firmware.duty),
        "power": state.power.duty,
        "duty": limits.max_duty or FREE,
    }


def _intervals_s(limits: Limits, state: State, seen: Observation) -> dict[Binds, float]:
    cost_s = seen.cost_s or 0.0
    intervals_s: dict[Binds, float] = {"max_fps": 1 / limits.max_fps if limits.max_fps else 0.0}
    for name, duty in _ceilings(limits, state).items():
        stretch = 1 + state.owed_s / _horizon_s(duty, cost_s) if 0 < duty < FREE else 1.0
        stretch = min(max(stretch, 1 - _CREDIT), 1 + _DEBT)
        intervals_s[name] = _interval_s(duty, cost_s) * stretch
    return intervals_s


def _interval_s(duty: float, cost_s: float) -> float:
    if duty >= FREE or not cost_s:
        return 0.0
    return cost_s / duty if duty > 0 else float("inf")


def _horizon_s(duty: float, cost_s: float) -> float:
    """In duty seconds."""
    return max(_REPAY_S * duty, _REPAY_FRAMES * cost_s)


def _owed_s(state: State, cost_s: float, used_s: float, passed_s: float) -> float:
    if state.duty >= FREE or not cost_s:  # before a frame's cost is known, nobody could hold back
        return 0.0
    horizon_s = _horizon_s(max(state.duty, 0.0), cost_s)
    owed_s = state.owed_s + used_s - max(state.duty, 0.0) * passed_s
    return min(max(owed_s, -_CREDIT * horizon_s), _DEBT * horizon_s)
