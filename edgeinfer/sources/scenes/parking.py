"""Parking: bays on one or both sides of a lane; cars that come, stay and leave; people."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot, inf, pi

import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes import cars, parking_ground, people
from edgeinfer.sources.scenes.errands import Errand, Errands
from edgeinfer.sources.scenes.film import Film
from edgeinfer.sources.scenes.manoeuvres import SLOT_S, Car, Timetable
from edgeinfer.sources.scenes.parking_layout import BAY_LENGTH_M, BAY_WIDTH_M, Bay, layout
from edgeinfer.sources.scenes.scene import Light, SceneEvent, Truth, Weather
from edgeinfer.sources.scenes.stage import Place, Stage
from edgeinfer.sources.scenes.traffic import PERSON_IDS, Path

Polygon = tuple[tuple[float, float], ...]
"""(x, y) corners in fractions of the picture."""

_Parked = tuple[Car, Place, bool]  # True: it drives
_Thing = _Parked | Errand

_LATER_SLOTS = 400  # in which the end of a stay is looked for: most leave within a quarter of them


class Parking:
    """See `Scene`."""

    def __init__(
        self,
        seed: int,
        size: tuple[int, int] = (640, 480),
        weather: Weather = "clear",
        light: Light = "day",
    ) -> None:
        self._layout = plan = layout(seed, *size)
        self._film = Film(seed, plan.camera, parking_ground.land(seed, plan), weather, light)
        self._table = Timetable(seed, plan.bays, plan.lane_z, plan.edges)
        self._errands = Errands(seed, plan, self._table)
        walk_z = max(bay.kerb_z for bay in plan.bays) + 1.0
        self._walk = Path(seed, walk_z, 0.0, 0.5, plan.camera)

    @property
    def bays(self) -> tuple[Polygon, ...]:
        """Each bay on the ground, in the order of their numbers: for the rule `zone`."""
        return tuple(self._polygon(bay) for bay in self._layout.bays)

    def _polygon(self, bay: Bay) -> Polygon:
        camera, half, deep = self._layout.camera, BAY_WIDTH_M / 2, BAY_LENGTH_M / 2
        corners = [(-half, -deep), (half, -deep), (half, deep), (-half, deep)]
        flat, _ = camera.project(np.array([(bay.x + x, 0.0, bay.z + z) for x, z in corners]))
        shares = np.clip(flat / (camera.width_px, camera.height_px), 0, 1)
        return tuple((float(x), float(y)) for x, y in shares)

    def events(self, from_s: float, to_s: float) -> tuple[SceneEvent, ...]:
        inside = [one for one in self._stays(to_s) if one.start_s <= to_s and one.end_s >= from_s]
        return tuple(sorted(inside, key=lambda one: (one.start_s, one.id)))

    def _stays(self, to_s: float) -> Iterator[SceneEvent]:
        """Those that begin by then. One that does not end for hours ends never."""
        first, _ = self._table.at(0)
        since = {bay: (-inf, car.id) for bay, car in enumerate(first) if car}
        for number in range(int(to_s // SLOT_S) + _LATER_SLOTS):
            _, move = self._table.at(number)
            if move is None or move.bay is None:
                continue
            if move.arrives:
                since[move.bay] = move.end_s, move.car.id
            else:
                yield _stay(move.bay, *since.pop(move.bay), move.start_s)
        for bay, (start_s, car) in since.items():
            yield _stay(bay, start_s, car, inf)

    def draw(self, t_s: float) -> tuple[Pixels, tuple[Truth, ...]]:
        stage = self._film.begin(t_s)
        self._walk.paint(stage, t_s)
        things = sorted([*self._standing(t_s), *self._moving(t_s)], key=_depth, reverse=True)
        for car, place, _ in things:
            stage.shadow(cars.car(car.shape, car.paint), place)
        everything: list[_Thing] = [*things, *self._errands.at(t_s)]
        for thing in sorted(everything, key=_depth, reverse=True):
            _paint(stage, thing)
        return self._film.end(stage, t_s)

    def _standing(self, t_s: float) -> Iterator[_Parked]:
        before, move = self._table.at(int(t_s // SLOT_S))
        leaving = move.bay if move and t_s >= move.start_s else None
        for number, car in enumerate(before):
            if car and number != leaving:
                bay = self._layout.bays[number]
                yield car, Place(bay.x, bay.z, pi / 2 * bay.inward), False

    def _moving(self, t_s: float) -> Iterator[_Parked]:
        """The one of this slot; once arrived it stands until the slot is over."""
        _, move = self._table.at(int(t_s // SLOT_S))
        if move and move.start_s <= t_s and (move.arrives or t_s <= move.end_s):
            pose = move.way.at(t_s - move.start_s)
            yield move.car, Place(pose.x, pose.z, pose.heading), t_s <= move.end_s


def _depth(thing: _Thing) -> float:
    place = thing.stand if isinstance(thing, Errand) else thing[1]
    return hypot(place.x, place.z)


def _paint(stage: Stage, thing: _Thing) -> None:
    if isinstance(thing, Errand):
        people.paint(stage, thing.person, thing.stand, PERSON_IDS + thing.id)
        return
    car, place, drives = thing
    mesh = cars.car(car.shape, car.paint, lights=drives)
    if drives:
        stage.beam(place, cars.length_m(car.shape))
    stage.mesh(mesh, place, "car", car.id)


def _stay(bay: int, start_s: float, car: int, end_s: float) -> SceneEvent:
    return SceneEvent("occupied", start_s, end_s, car, {"bay": bay})
