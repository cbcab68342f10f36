"""Traffic: those who come by chance, cars on a road and people on a path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import pi

import numpy as np

from edgeinfer.sources.scenes import cars, people
from edgeinfer.sources.scenes.camera import Camera
from edgeinfer.sources.scenes.stage import Place, Stage

PERSON_IDS = 2_000_000
"""Those of people begin here, apart from those of trains and parked cars."""

_CAR_IDS, _STROLLER_IDS = 1_000_000, 3_000_000
_CAR_EVERY_S, _PERSON_EVERY_S = 9.0, 7.0
_CAR_SPEEDS = 11.0, 13.0  # m/s, one for each lane: nobody overtakes
_CAR_SHARE = 0.55  # of those who might come
_SLOWEST_WALK = 0.9  # m/s
_CAR_M, _PERSON_M = 3.2, 0.7  # half of the longest; so far outside they come and go


@dataclass(frozen=True, slots=True)
class Road:
    """Two lanes at a depth: the nearer one to the right."""

    seed: int
    z: float
    camera: Camera

    def paint(self, stage: Stage, t_s: float) -> None:
        for lane, z in ((1, self.z + 1.65), (0, self.z - 1.65)):
            longest_s = self._way_m(z) / _CAR_SPEEDS[lane]
            for number, gone_s, chance in _comers(
                (self.seed, 21, lane), t_s, _CAR_EVERY_S, longest_s
            ):
                way = gone_s * _CAR_SPEEDS[lane]
                if chance.random() < _CAR_SHARE and way < self._way_m(z):
                    left, right = self._edges(z)
                    place = Place(right - way if lane else left + way, z, pi * lane)
                    _car(stage, place, _CAR_IDS + 2 * number + lane, chance)

    def _edges(self, z: float) -> tuple[float, float]:
        left, right = self.camera.edges_m(z + 1, 0.0)
        return left - _CAR_M, right + _CAR_M

    def _way_m(self, z: float) -> float:
        left, right = self._edges(z)
        return right - left


def _car(stage: Stage, place: Place, number: int, chance: np.random.Generator) -> None:
    shape, paint = cars.drawn(chance)
    mesh = cars.car(shape, paint, lights=True)
    stage.shadow(mesh, place)
    stage.mesh(mesh, place, "car", number)
    stage.beam(place, cars.length_m(shape))


@dataclass(frozen=True, slots=True)
class Path:
    """People who walk along it, both ways; some wait a while."""

    seed: int
    z: float
    y: float
    wide_m: float
    camera: Camera

    def paint(self, stage: Stage, t_s: float) -> None:
        left, right = self.camera.edges_m(self.z + self.wide_m, self.y)
        left, right = left - _PERSON_M, right + _PERSON_M
        longest_s = (right - left) / _SLOWEST_WALK + 30
        found = []
        for number, gone_s, chance in _comers((self.seed, 22), t_s, _PERSON_EVERY_S, longest_s):
            if (walker := self._walker(chance, gone_s, left, right)) is not None:
                found.append((number, *walker))
        for number, somebody, stand in sorted(found, key=lambda one: -one[2].z):
            people.paint(stage, somebody, stand, _STROLLER_IDS + number)

    def _walker(
        self, chance: np.random.Generator, gone_s: float, left: float, right: float
    ) -> tuple[people.Person, people.Stand] | None:
        somebody, comes = people.drawn(chance), chance.random() < 0.55
        speed, rightward = float(chance.uniform(_SLOWEST_WALK, 1.7)), chance.random() < 0.5
        z = self.z + float(chance.uniform(-1, 1)) * self.wide_m
        stop_m = float(chance.uniform(0.2, 0.8)) * (right - left)
        halt_s = float(chance.uniform(5, 30)) if chance.random() < 0.4 else 0.0
        waits = 0 <= gone_s - stop_m / speed < halt_s
        way = min(gone_s * speed, max(stop_m, (gone_s - halt_s) * speed))
        if not comes or not 0 < way < right - left:
            return None
        x = left + way if rightward else right - way
        towards = 1 if rightward else -1
        return somebody, people.Stand(x, z, self.y, None if waits else way, towards)


def _comers(
    seed: tuple[int, ...], t_s: float, every_s: float, longest_s: float
) -> Iterator[tuple[int, float, np.random.Generator]]:
    """Those who may be here: number, seconds since they came, their own chance."""
    first = int((t_s - longest_s) // every_s) - 1
    for number in range(first, int(t_s // every_s) + 1):
        chance = np.random.default_rng((*seed, number & 0xFFFFFFFF))
        gone_s = t_s - number * every_s - float(chance.uniform(0, 0.6)) * every_s
        if gone_s > 0:
            yield number & 0xFFFFF, gone_s, chance
