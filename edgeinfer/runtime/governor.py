"""Governor: from limits and measurements to the time between two frames."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgeinfer.config import Limits
from edgeinfer.core.results import Binds

LEAST_FPS = 0.1
"""What `min_fps` is unless it is said: seldom enough to cool, often enough to see that it lives."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What is known when the governor is asked. `cost_s` and `used_s` are in duty seconds."""

    now_s: float
    cost_s: float | None = None
    used_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """`wanted_fps`: what the limits allow before the floor `min_fps`; None: no limit."""

    interval_s: float = 0.0
    binds: Binds = "nothing"
    wanted_fps: float | None = None


@dataclass(frozen=True, slots=True)
class State:
    """`owed_s`: duty seconds that were used beyond what was allowed."""

    now_s: float | None = None
    used_s: float = 0.0
    owed_s: float = 0.0


def decide(limits: Limits, state: State, seen: Observation) -> tuple[Decision, State]:
    """The interval from now on, and what to remember."""
    passed_s = 0.0 if state.now_s is None else seen.now_s - state.now_s
    used_s = seen.used_s - state.used_s
    duty = limits.max_duty or 1.0
    owed_s = min(max(state.owed_s + used_s - duty * passed_s, -0.5 * duty), 5 * duty)
    state = replace(state, now_s=seen.now_s, used_s=seen.used_s, owed_s=owed_s)
    interval_s, binds = _tightest(limits, seen, 1 + owed_s / (5 * duty))
    wanted_fps = 1 / interval_s if interval_s else None
    least_fps = limits.min_fps or min(LEAST_FPS, limits.max_fps or LEAST_FPS)
    return Decision(min(interval_s, 1 / least_fps), binds, wanted_fps), state


def _tightest(limits: Limits, seen: Observation, correction: float) -> tuple[float, Binds]:
    by_rate = 1 / limits.max_fps if limits.max_fps else 0.0
    by_duty = 0.0
    if limits.max_duty and seen.cost_s:
        by_duty = seen.cost_s / limits.max_duty * correction
    if by_duty > by_rate:
        return by_duty, "duty"
    return by_rate, "max_fps" if by_rate else "nothing"
