"""Railway: two tracks, trains both ways, people who wait and walk, a road behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes import cars, passings, people, railway_ground
from edgeinfer.sources.scenes.air import Climate
from edgeinfer.sources.scenes.camera import Camera
from edgeinfer.sources.scenes.passings import Passing
from edgeinfer.sources.scenes.scene import Light, SceneEvent, Truth, Weather
from edgeinfer.sources.scenes.stage import Place, Stage, unit
from edgeinfer.sources.scenes.trains import HEIGHT_M, WIDTH_M

_CAR_IDS, _PERSON_IDS = 1_000_000, 2_000_000  # apart from those of trains
_MARGIN_M = 6.0  # beyond the picture's edge, where what sticks out of it is cut
_WALK_S = 60.0  # in which one walker, and one car on the road, comes and goes


@dataclass(frozen=True, slots=True)
class Layout:
    """Depths in metres; what differs from seed to seed."""

    tracks: tuple[float, float]
    path: float
    path_y: float
    road: float | None
    camera: Camera


def layout(seed: int, width_px: int, height_px: int) -> Layout:
    chance = np.random.default_rng((seed, 1))
    near = float(chance.uniform(13, 27))
    camera = Camera(
        width_px, height_px, float(chance.uniform(2.6, 5.2)), float(chance.uniform(-0.42, 0.42)),
        float(chance.uniform(0.02, 0.1)), float(chance.uniform(0.82, 1.0)),
    )  # fmt: skip
    platform = chance.random() < 0.6
    road = near + 4.6 + float(chance.uniform(9, 14)) if chance.random() < 0.7 else None
    path = near + 4.6 + 3.6 if chance.random() < 0.4 else near - 3.4
    return Layout((near, near + 4.6), path, 0.55 if platform else 0.0, road, camera)


class Railway:
    """See `Scene`."""

    def __init__(
        self, seed: int, size: tuple[int, int] = (640, 480), weather: Weather = "clear",
        light: Light = "day",
    ) -> None:  # fmt: skip
        self._seed = seed
        self._layout = layout(seed, *size)
        self._climate = Climate(seed, weather, light)
        self._edges = tuple(self._seen(z) for z in self._layout.tracks)
        self._ground = railway_ground.Ground(seed, self._layout)
        self._slot = lru_cache(maxsize=64)(self._drawn_slot)

    def _seen(self, z: float) -> tuple[float, float]:
        """The x between which some of a train on that track is in the picture."""
        camera, half = self._layout.camera, WIDTH_M / 2
        corners = [(z + side, y) for side in (-half, half) for y in (0.0, HEIGHT_M)]
        edges = [camera.edges_m(*corner) for corner in corners]
        return min(left for left, _ in edges), max(right for _, right in edges)

    def _drawn_slot(self, number: int) -> tuple[Passing, ...]:
        views = [right - left for left, right in self._edges]
        return passings.of_slot(self._seed, number, (views[0], views[1])) if number >= 0 else ()

    def events(self, from_s: float, to_s: float) -> tuple[SceneEvent, ...]:
        first, last = (int(at // passings.SLOT_S) for at in (from_s, to_s))
        found = [one for number in range(first, last + 1) for one in self._slot(number)]
        inside = [one for one in found if one.start_s <= to_s and one.end_s >= from_s]
        return tuple(map(_event, sorted(inside, key=lambda one: one.start_s)))

    def draw(self, t_s: float) -> tuple[Pixels, tuple[Truth, ...]]:
        air = self._climate.at(t_s)
        pixels = self._ground.paint(t_s, air)
        stage = Stage(pixels, self._layout.camera, air, unit(-0.5, 0.8, -0.45))
        for _, paint in sorted(self._things(stage, t_s), key=lambda thing: -thing[0]):
            paint()
        self._ground.front(stage)
        return stage.pixels, stage.truths()

    def _things(self, stage, t_s):
        passing = self._slot(int(t_s // passings.SLOT_S))
        for one in passing:
            if one.start_s <= t_s <= one.end_s:
                yield self._layout.tracks[one.track], lambda one=one: self._train(stage, one, t_s)
        plan = self._layout
        if plan.road is not None:
            yield plan.road, lambda: self._cars(stage, t_s)
        yield plan.path, lambda: self._people(stage, t_s)

    def _train(self, stage: Stage, one: Passing, t_s: float) -> None:
        z = self._layout.tracks[one.track]
        left, right = self._edges[one.track]
        limits = left - _MARGIN_M, right + _MARGIN_M
        way = one.motion.way_m(t_s)
        nose = left + way if one.rightward else right - way
        sign = -1 if one.rightward else 1
        parts = [(nose + sign * part.behind_m, part) for part in one.train.parts]
        eye_x = 0.0
        for x, part in sorted(parts, key=lambda found: -abs(found[0] - eye_x)):
            if left - part.length_m < x < right + part.length_m:
                heading = pi * (one.rightward == part.turned)
                stage.mesh(part.mesh, Place(x, z, heading, 0.2, limits), "train", one.id)

    def _cars(self, stage: Stage, t_s: float) -> None:
        road = self._layout.road or 0.0
        left, right = self._layout.camera.edges_m(road + 4, 0.0)
        left, right = left - 4, right + 4
        for lane, z in ((1, road + 1.6), (0, road - 1.6)):
            for number in range(int(t_s // 9) - 3, int(t_s // 9) + 1):
                if number < 0:
                    continue
                chance = np.random.default_rng((self._seed, 21, lane, number))
                speed = float(chance.uniform(9, 17))
                begin = number * 9 + float(chance.uniform(0, 3))
                way = (t_s - begin) * speed
                if chance.random() < 0.5 or not 0 < way < right - left:
                    continue
                shape, colour = cars.drawn(chance)
                x = left + way if lane == 0 else right - way
                place = Place(x, z, pi * lane)
                stage.mesh(cars.car(shape, colour, lights=True), place, "car", _CAR_IDS + 2 * number + lane)

    def _people(self, stage: Stage, t_s: float) -> None:
        z0 = self._layout.path
        left, right = self._layout.camera.edges_m(z0, 0.0)
        left, right = left - 0.6, right + 0.6
        for number in range(int(t_s // 7) - 6, int(t_s // 7) + 1):
            if number < 0:
                continue
            chance = np.random.default_rng((self._seed, 22, number))
            somebody = people.drawn(chance)
            speed, begin = float(chance.uniform(0.9, 1.7)), number * 7.0
            rightward = bool(chance.random() < 0.5)
            z = z0 + float(chance.uniform(-0.9, 0.9))
            way = (t_s - begin) * speed
            if chance.random() < 0.4 or not 0 < way < right - left:
                continue
            x = left + way if rightward else right - way
            stand = people.Stand(x, z, self._layout.path_y, way, 1 if rightward else -1)
            people.paint(stage, somebody, stand, "person", _PERSON_IDS + number)


def _event(one: Passing) -> SceneEvent:
    facts = {
        "direction": one.direction,
        "train": one.train.kind,
        "track": one.track,
        "stops": one.motion.stop_m is not None,
    }
    return SceneEvent("passage", one.start_s, one.end_s, one.id, facts)
