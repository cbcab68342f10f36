"""Railway: two tracks, trains both ways, people who walk and wait, a road behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from math import pi

import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes import passings, railway_ground
from edgeinfer.sources.scenes.film import Film
from edgeinfer.sources.scenes.line_side import Catenary, platform
from edgeinfer.sources.scenes.passings import Passing
from edgeinfer.sources.scenes.railway_layout import layout
from edgeinfer.sources.scenes.scene import Light, SceneEvent, Truth, Weather
from edgeinfer.sources.scenes.stage import Place, Stage
from edgeinfer.sources.scenes.traffic import Path, Road
from edgeinfer.sources.scenes.trains import HEIGHT_M, WIDTH_M

_MARGIN_M = 6.0  # beyond the picture's edge, where what sticks out of it is cut

Painter = Callable[[Stage, float], None]


class Railway:
    """See `Scene`."""

    def __init__(
        self,
        seed: int,
        size: tuple[int, int] = (640, 480),
        weather: Weather = "clear",
        light: Light = "day",
    ) -> None:
        self._seed = seed
        self._layout = plan = layout(seed, *size)
        self._film = Film(seed, plan.camera, railway_ground.land(seed, plan), weather, light)
        self._edges = [self._seen(z) for z in plan.tracks]
        self._slot = lru_cache(maxsize=64)(self._drawn_slot)
        self._fixed = list(self._standing())

    def _standing(self) -> Iterator[tuple[float, Painter]]:
        """What is painted at every moment, by its depth."""
        plan, camera = self._layout, self._layout.camera
        if plan.road is not None:
            yield plan.road, Road(self._seed, plan.road, camera).paint
        if plan.path_y:
            yield plan.path + 0.1, platform(plan)
        yield plan.path, Path(self._seed, plan.path, plan.path_y, 1.1, camera).paint
        catenary = Catenary(plan)
        for z in plan.poles:
            yield z, partial(catenary.poles, z)
        for z in plan.tracks:
            yield z - 0.1, partial(catenary.wire, z)

    def _seen(self, z: float) -> tuple[float, float]:
        """The x between which some of a train on that track is in the picture."""
        corners = [(z + side, y) for side in (-WIDTH_M / 2, WIDTH_M / 2) for y in (0.0, HEIGHT_M)]
        edges = [self._layout.camera.edges_m(*corner) for corner in corners]
        return min(left for left, _ in edges), max(right for _, right in edges)

    def _drawn_slot(self, number: int) -> tuple[Passing, ...]:
        (left, right), (left_far, right_far) = self._edges
        views_m = right - left, right_far - left_far
        return passings.of_slot(self._seed, number, views_m) if number >= 0 else ()

    def events(self, from_s: float, to_s: float) -> tuple[SceneEvent, ...]:
        first, last = (int(at // passings.SLOT_S) for at in (from_s, to_s))
        found = [one for number in range(first, last + 1) for one in self._slot(number)]
        inside = [one for one in found if one.start_s <= to_s and one.end_s >= from_s]
        return tuple(map(_event, sorted(inside, key=lambda one: one.start_s)))

    def draw(self, t_s: float) -> tuple[Pixels, tuple[Truth, ...]]:
        stage = self._film.begin(t_s)
        trains: list[tuple[float, Painter]] = [
            (self._layout.tracks[one.track], partial(self._train, one))
            for one in self._slot(int(t_s // passings.SLOT_S))
            if one.start_s <= t_s <= one.end_s
        ]
        for _, paint in sorted([*self._fixed, *trains], key=lambda thing: -thing[0]):
            paint(stage, t_s)
        return self._film.end(stage, t_s)

    def _train(self, one: Passing, stage: Stage, t_s: float) -> None:
        z = self._layout.tracks[one.track]
        left, right = self._edges[one.track]
        way = one.motion.way_m(t_s)
        nose, back = (left + way, -1) if one.rightward else (right - way, 1)
        parts = [(nose + back * part.behind_m, part) for part in one.train.parts]
        parts = [each for each in parts if left < each[0] + each[1].length_m / 2 + 1]
        parts = [each for each in parts if right > each[0] - each[1].length_m / 2 - 1]
        limits = left - _MARGIN_M, right + _MARGIN_M
        placed = [
            (part.mesh, Place(x, z, pi * (one.rightward == part.turned), limits=limits))
            for x, part in sorted(parts, key=lambda each: -abs(each[0]))
        ]
        for mesh, place in placed:
            stage.shadow(mesh, place)
        for mesh, place in placed:
            stage.mesh(mesh, place, "train", one.id)
        stage.headlight(np.array([[nose, 1.2, z - 1.0], [nose, 1.2, z + 1.0]]))


def _event(one: Passing) -> SceneEvent:
    facts: dict[str, str | int | bool] = {
        "direction": one.direction,
        "train": one.train.kind,
        "track": one.track,
        "stops": one.motion.stop_m is not None,
    }
    return SceneEvent("passage", one.start_s, one.end_s, one.id, facts)
