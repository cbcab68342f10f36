"""Errands: people who get out of a car that has parked, and come back before it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import hypot

import numpy as np

from edgeinfer.sources.scenes import people
from edgeinfer.sources.scenes.manoeuvres import SLOT_S, Move, Timetable
from edgeinfer.sources.scenes.parking_layout import Layout
from edgeinfer.sources.scenes.people import Person, Stand

_SPEED = 1.35  # m/s, an easy walk
_DOOR_M = 1.2  # beside the middle of the car
_GETTING_S = 1.5  # into the car or out of it
_SLOTS = 3  # the longest walk takes less


@dataclass(frozen=True, slots=True)
class Errand:
    id: int
    person: Person
    stand: Stand


class Errands:
    def __init__(self, seed: int, plan: Layout, table: Timetable) -> None:
        self._seed, self._plan, self._table = seed, plan, table

    def at(self, t_s: float) -> list[Errand]:
        """Those who are on their way at that moment."""
        now = int(t_s // SLOT_S)
        slots = range(max(0, now - _SLOTS), now + _SLOTS + 1)
        moves = ((number, self._table.at(number)[1]) for number in slots)
        found = (self._errand(number, move, t_s) for number, move in moves if move)
        return [one for one in found if one]

    def _errand(self, number: int, move: Move, t_s: float) -> Errand | None:
        if move.bay is None:
            return None
        chance = np.random.default_rng((self._seed, 40, number))
        somebody, leftward = people.drawn(chance), bool(chance.random() < 0.5)
        way = self._way(move.bay, leftward=leftward)
        whole_m = sum(hypot(x2 - x, z2 - z) for (x, z), (x2, z2) in pairwise(way))
        gone_s = t_s - move.end_s if move.arrives else move.start_s - t_s
        walked_m = (gone_s - _GETTING_S) * _SPEED
        if not 0 < walked_m < whole_m:
            return None
        x, z = _along(way, walked_m)
        towards = (-1 if leftward else 1) * (1 if move.arrives else -1)
        return Errand(number, somebody, Stand(x, z, 0.0, walked_m, towards))

    def _way(self, number: int, *, leftward: bool) -> list[tuple[float, float]]:
        """From the door to the kerb, and along it out of the picture."""
        bay = self._plan.bays[number]
        door = bay.x + _DOOR_M
        edge = self._plan.camera.edges_m(bay.kerb_z, 0.0)[0 if leftward else 1]
        far = edge - 1.5 if leftward else edge + 1.5
        return [(door, bay.z - 0.4 * bay.inward), (door, bay.kerb_z), (far, bay.kerb_z)]


def _along(way: list[tuple[float, float]], walked_m: float) -> tuple[float, float]:
    left_m = walked_m
    for (x, z), (x2, z2) in pairwise(way):
        long_m = hypot(x2 - x, z2 - z)
        if left_m <= long_m:
            share = left_m / long_m
            return x + (x2 - x) * share, z + (z2 - z) * share
        left_m -= long_m
    return way[-1]
