"""Manoeuvres: which cars drive through the lane when, into which bay and out of it again."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from edgeinfer.sources.scenes import cars
from edgeinfer.sources.scenes.air import Colour
from edgeinfer.sources.scenes.parking_layout import Bay

SLOT_S = 15.0
"""One car at most uses the lane in a slot, so no two ever meet."""

_TURN_M = 4.2  # the radius of the arc into a bay
_DRIVING, _TURNING = 5.5, 2.2  # m/s
_FIRST_ID = 1000  # of cars; those that stand there from the start have less
_SHARE_TAKEN = 0.55  # of the bays, at the start


@dataclass(frozen=True, slots=True)
class Car:
    id: int
    shape: str
    paint: Colour


@dataclass(frozen=True, slots=True)
class Pose:
    x: float
    z: float
    heading: float
    moved_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """Where a car is after so many seconds: columns of seconds, x, z, heading."""

    points: NDArray[np.float64]

    @property
    def seconds(self) -> float:
        return float(self.points[-1, 0])

    def at(self, seconds: float) -> Pose:
        values = [float(np.interp(seconds, self.points[:, 0], column)) for column in self.points.T]
        return Pose(values[1], values[2], values[3], values[4])


@dataclass(frozen=True, slots=True)
class Move:
    """What one slot holds. `bay` is None for a car that only passes."""

    car: Car
    bay: int | None
    arrives: bool
    start_s: float
    way: Way

    @property
    def end_s(self) -> float:
        return self.start_s + self.way.seconds


class Timetable:
    """Follows one another from the first slot; what was found once is kept."""

    def __init__(
        self, seed: int, bays: tuple[Bay, ...], lane_z: float, edges: tuple[float, float]
    ) -> None:
        self._seed, self._bays, self._lane_z, self._edges = seed, bays, lane_z, edges
        chance = np.random.default_rng((seed, 30))
        taken = chance.random(len(bays)) < _SHARE_TAKEN
        first = tuple(
            self._car(-1 - number) if taken[number] else None for number in range(len(bays))
        )
        self._before: list[tuple[Car | None, ...]] = [first]
        self._moves: list[Move | None] = []

    def at(self, number: int) -> tuple[tuple[Car | None, ...], Move | None]:
        """Who stands in each bay before the slot, and what moves in it."""
        while len(self._moves) <= number:
            self._extend()
        return self._before[number], self._moves[number]

    def _extend(self) -> None:
        number, before = len(self._moves), self._before[-1]
        move = self._drawn(number, before)
        after = list(before)
        if move and move.bay is not None:
            after[move.bay] = move.car if move.arrives else None
        self._moves.append(move)
        self._before.append(tuple(after))

    def _car(self, number: int) -> Car:
        chance = np.random.default_rng((self._seed, 31, number + _FIRST_ID))
        return Car(number + _FIRST_ID, *cars.drawn(chance))

    def _drawn(self, number: int, before: tuple[Car | None, ...]) -> Move | None:
        chance = np.random.default_rng((self._seed, 32, number))
        kind, from_left = chance.random(), bool(chance.random() < 0.5)
        delay_s = float(chance.uniform(0, 1.5))
        taken = [bay for bay, car in enumerate(before) if car]
        free = [bay for bay, car in enumerate(before) if not car]
        start_s = number * SLOT_S + delay_s
        if kind < 0.12:
            return None
        if kind < 0.3:
            return Move(self._car(number), None, False, start_s, self._through(from_left))
        arrives = bool(free) and (not taken or chance.random() < len(free) / len(before) + 0.05)
        among = free if arrives else taken
        bay = among[int(chance.integers(len(among)))]
        car = (None if arrives else before[bay]) or self._car(number)
        way = self._into(bay, from_left) if arrives else self._out_of(bay, from_left)
        return Move(car, bay, arrives, start_s, way)

    def _through(self, from_left: bool) -> Way:
        left, right = self._edges
        ends = (left, right) if from_left else (right, left)
        heading = 0.0 if from_left else pi
        return _timed(
            [(ends[0], self._lane_z, heading, _DRIVING), (ends[1], self._lane_z, heading, _DRIVING)]
        )

    def _into(self, number: int, from_left: bool) -> Way:
        bay = self._bays[number]
        sign = 1 if from_left else -1
        begin = self._edges[0] if from_left else self._edges[1]
        straight = 0.0 if from_left else pi
        turn = (pi / 2 if from_left else -pi / 2) * bay.inward
        points = [(begin, self._lane_z, straight, _DRIVING)]
        # The nearer it comes, the slower: a speed that jumps is seen.
        for step in range(13):
            angle = step / 12 * pi / 2
            points.append(
                (
                    bay.x - sign * _TURN_M * (1 - np.sin(angle)),
                    self._lane_z + bay.inward * _TURN_M * (1 - np.cos(angle)),
                    straight + turn * step / 12,
                    _TURNING,
                )
            )
        points.append((bay.x, bay.z, straight + turn, _TURNING * 0.7))
        return _timed(points)

    def _out_of(self, number: int, to_left: bool) -> Way:
        """Backwards along the arc, then on: its nose points to where it leaves."""
        into = self._into(number, not to_left).points[::-1]
        out = [(row[1], row[2], row[3], _TURNING * 0.8) for row in into[:-1]]
        end = self._edges[0] if to_left else self._edges[1]
        return _timed([*out, (end, self._lane_z, out[-1][3], _DRIVING)])


def _timed(points: list[tuple[float, float, float, float]]) -> Way:
    """(x, z, heading, speed towards it), with the seconds at which each is reached."""
    rows = np.array(points)
    steps = np.hypot(np.diff(rows[:, 0]), np.diff(rows[:, 1]))
    seconds = np.concatenate(([0.0], np.cumsum(steps / rows[1:, 3])))
    moved = np.concatenate(([0.0], np.cumsum(steps)))
    return Way(np.column_stack((seconds, rows[:, :3], moved)))
