"""A day of weather: boards, rooms and fans over time, and one board driven through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from statistics import fmean

from policies import Policy

from edgeinfer.sensors.heat import Board, Heat

STEP_S = 0.5
"""Between two readings, as in the service; and of the physics."""

_CAPTURE_DUTY = 0.02  # a camera costs a little even while no frame is worked on
_NOISE_C, _QUANTUM_C = 0.3, 0.5  # a Pi's sensor: steps of 0.49 to 0.55 °C, and some flicker


@dataclass(frozen=True, slots=True)
class Change:
    """From `at_s` on."""

    at_s: float
    ambient_c: float
    fan: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """`cost_s`: of a frame at full clock, on all threads."""

    name: str
    board: Board
    limit_c: float
    weather: tuple[Change, ...]
    minutes: float
    cost_s: float


@dataclass(frozen=True, slots=True)
class Moment:
    """Every half second."""

    at_s: float
    die_c: float
    frames: int
    binds: str


class Room:
    """The heat, and the weather that changes around it."""

    def __init__(self, scenario: Scenario) -> None:
        self._coming = list(scenario.weather)
        first = self._coming.pop(0)
        self.heat = Heat(scenario.board, first.ambient_c)
        self.heat.fan_works = first.fan
        self.now_s = 0.0

    def step(self, duty: float, seconds: float) -> None:
        self.now_s += seconds
        self.heat.step(duty, seconds)
        while self._coming and self._coming[0].at_s <= self.now_s:
            change = self._coming.pop(0)
            self.heat.ambient_c, self.heat.fan_works = change.ambient_c, change.fan


class World:
    """Virtual time, virtual CPU time, and a policy in them."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.now_s = self.cpu_s = 0.0
        self.moments: list[Moment] = []
        self._scenario = scenario
        self._room = Room(scenario)
        self._random = Random(seed)  # noqa: S311 - a simulation
        self._stepped = (0.0, 0.0)
        self._frames = 0

    def run(self, make: Callable[[World], Policy]) -> list[Moment]:
        policy = make(self)
        policy.observe(self._read_c(), 0.0)
        while self.now_s < self._scenario.minutes * 60:
            delay_s = policy.delay_s(self.now_s)
            if delay_s > 0:
                self._pass(min(delay_s, 0.25), 0.0, policy)
            else:
                policy.started(self.now_s)
                work_s = self._scenario.cost_s / self._room.heat.clock
                self._pass(work_s, 1.0, policy)
                self._frames += 1
                policy.finished(work_s * 1000)
        return self.moments

    def _pass(self, seconds: float, busy: float, policy: Policy) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            part_s = min(end_s, self._stepped[0] + STEP_S) - self.now_s
            self.now_s += part_s
            self.cpu_s += part_s * min(1.0, busy + _CAPTURE_DUTY)
            if self.now_s - self._stepped[0] >= STEP_S - 1e-9:
                self._step(policy)

    def _step(self, policy: Policy) -> None:
        since_s, since_cpu_s = self._stepped
        seconds = self.now_s - since_s
        self._room.step((self.cpu_s - since_cpu_s) / seconds, seconds)
        self._stepped = (self.now_s, self.cpu_s)
        policy.observe(self._read_c(), self.now_s)
        self.moments.append(
            Moment(self.now_s, self._room.heat.die_c, self._frames, str(policy.binds))
        )

    def _read_c(self) -> float:
        noisy_c = self._room.heat.die_c + self._random.gauss(0, _NOISE_C)
        return round(noisy_c / _QUANTUM_C) * _QUANTUM_C


def best_constant_fps(scenario: Scenario) -> float:
    """The oracle: the highest constant rate that never exceeds the limit, by bisection."""
    low, high = 0.0, 1.0
    if _respects(scenario, high):
        return _fps(high, scenario)
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (middle, high) if _respects(scenario, middle) else (low, middle)
    return _fps(low, scenario)


def best_mean_fps(scenario: Scenario) -> float:
    """A wiser oracle: for each weather of the day, for its time, the rate that is best in it."""
    ends_s = [change.at_s for change in scenario.weather[1:]] + [scenario.minutes * 60]
    spans_s = [end_s - c.at_s for c, end_s in zip(scenario.weather, ends_s, strict=True)]
    rates_fps = [
        best_constant_fps(replace(scenario, weather=(replace(change, at_s=0),), minutes=60))
        for change in scenario.weather
    ]
    return fmean(rates_fps, spans_s)


def _fps(duty: float, scenario: Scenario) -> float:
    """The rate that makes this duty: the camera costs its share of the time that is left idle."""
    return max(duty - _CAPTURE_DUTY, 0.0) / (1 - _CAPTURE_DUTY) / scenario.cost_s


def _respects(scenario: Scenario, duty: float) -> bool:
    room = Room(scenario)
    while room.now_s < scenario.minutes * 60:
        room.step(duty, STEP_S)
        if room.heat.die_c > scenario.limit_c:
            return False
    return True
