"""Parking: bays on one or both sides of a lane; cars that come, stay and leave; people."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes import cars, parking_ground, people
from edgeinfer.sources.scenes.air import Climate
from edgeinfer.sources.scenes.camera import Camera
from edgeinfer.sources.scenes.manoeuvres import SLOT_S, Bay, Move, Timetable
from edgeinfer.sources.scenes.scene import Light, SceneEvent, Truth, Weather
from edgeinfer.sources.scenes.stage import Place, Stage, unit

BAY_WIDTH_M, BAY_LENGTH_M, LANE_M = 2.7, 5.2, 6.4
_FOCAL = 1.15  # of the camera; a longer one than of the railway's, as from a mast
_PERSON_IDS = 2_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    bays: tuple[Bay, ...]
    lane_z: float
    camera: Camera


def layout(seed: int, width_px: int, height_px: int) -> Layout:
    chance = np.random.default_rng((seed, 2))
    rows = int(chance.integers(1, 3))
    across = int(chance.integers(6, 9) if rows == 1 else chance.integers(3, 7))
    nearest = (across * BAY_WIDTH_M + 1.5) * _FOCAL  # there the row is as wide as the picture
    lane = nearest + (-2.0 if rows == 1 else LANE_M / 2 + BAY_LENGTH_M)
    aside = LANE_M / 2 + BAY_LENGTH_M / 2
    xs = [(number - (across - 1) / 2) * BAY_WIDTH_M for number in range(across)]
    bays = [Bay(x, lane + aside, 1) for x in xs]
    bays += [Bay(x, lane - aside, -1) for x in xs] * (rows - 1)
    height = lane * float(chance.uniform(0.32, 0.42))
    pitch = float(np.arctan2(height, lane)) - 0.03
    yaw = float(chance.uniform(-0.06, 0.06))
    camera = Camera(width_px, height_px, height, yaw, pitch, _FOCAL)
    return Layout(tuple(bays), lane, camera)


class Parking:
    """See `Scene`."""

    def __init__(
        self, seed: int, size: tuple[int, int] = (640, 480), weather: Weather = "clear",
        light: Light = "day",
    ) -> None:  # fmt: skip
        self._seed = seed
        self._layout = plan = layout(seed, *size)
        self._climate = Climate(seed, weather, light)
        left = min(plan.camera.edges_m(plan.lane_z + side, y)[0] for side in (-1, 1) for y in (0, 1.8)) - 3.0
        right = max(plan.camera.edges_m(plan.lane_z + side, y)[1] for side in (-1, 1) for y in (0, 1.8)) + 3.0
        self._edges = left, right
        self._table = Timetable(seed, plan.bays, plan.lane_z, (left, right))
        self._ground = parking_ground.Ground(seed, plan)

    @property
    def bays(self) -> tuple[tuple[tuple[float, float], ...], ...]:
        """The corners of each bay in fractions of the picture, in the order of their numbers."""
        return tuple(self._polygon(bay) for bay in self._layout.bays)

    def _polygon(self, bay: Bay) -> tuple[tuple[float, float], ...]:
        camera = self._layout.camera
        half, deep = BAY_WIDTH_M / 2, BAY_LENGTH_M / 2
        corners = [(-half, -deep), (half, -deep), (half, deep), (-half, deep)]
        flat, _ = camera.project(np.array([(bay.x + x, 0.0, bay.z + z) for x, z in corners]))
        size = camera.width_px, camera.height_px
        return tuple(
            (min(max(float(x) / size[0], 0.0), 1.0), min(max(float(y) / size[1], 0.0), 1.0))
            for x, y in flat
        )

    def events(self, from_s: float, to_s: float) -> tuple[SceneEvent, ...]:
        found, since = [], {}
        for number in range(int(to_s // SLOT_S) + 40):
            before, move = self._table.at(number)
            if number == 0:
                since = {bay: (0.0, car.id) for bay, car in enumerate(before) if car}
            if move is None or move.bay is None:
                continue
            if move.arrives:
                since[move.bay] = move.end_s, move.car.id
            else:
                start_s, id = since.pop(move.bay)
                found.append(SceneEvent("occupied", start_s, move.start_s, id, {"bay": move.bay}))
        found += [
            SceneEvent("occupied", start_s, float("inf"), id, {"bay": bay})
            for bay, (start_s, id) in since.items()
        ]
        inside = [one for one in found if one.start_s <= to_s and one.end_s >= from_s]
        return tuple(sorted(inside, key=lambda one: (one.start_s, one.id)))

    def draw(self, t_s: float) -> tuple[Pixels, tuple[Truth, ...]]:
        air = self._climate.at(t_s)
        stage = Stage(self._ground.paint(t_s, air), self._layout.camera, air, unit(-0.5, 0.8, -0.45))
        for _, paint in sorted(self._things(stage, t_s), key=lambda thing: -thing[0]):
            paint()
        return stage.pixels, stage.truths()

    def _things(self, stage, t_s):
        before, move = self._table.at(int(t_s // SLOT_S))
        for number, car in enumerate(before):
            bay = self._layout.bays[number]
            gone = move is not None and move.bay == number and t_s >= move.start_s
            if car and not gone:
                place = Place(bay.x, bay.z, pi / 2 * bay.inward)
                yield np.hypot(bay.x, bay.z), lambda car=car, place=place: stage.mesh(
                    cars.car(car.shape, car.paint), place, "car", car.id)
        if move and move.start_s <= t_s and (move.arrives and move.bay is not None or t_s <= move.end_s):
            pose = move.way.at(t_s - move.start_s)
            lights = t_s <= move.end_s
            yield np.hypot(pose.x, pose.z), lambda: stage.mesh(
                cars.car(move.car.shape, move.car.paint, lights=lights),
                Place(pose.x, pose.z, pose.heading), "car", move.car.id)
        z0 = self._layout.lane_z + LANE_M / 2 + BAY_LENGTH_M + 1.5
        left, right = self._layout.camera.edges_m(z0, 0.0)
        left, right = left - 0.6, right + 0.6
        for number in range(int(t_s // 7) - 6, int(t_s // 7) + 1):
            if number < 0:
                continue
            chance = np.random.default_rng((self._seed, 22, number))
            somebody = people.drawn(chance)
            speed, begin = float(chance.uniform(0.9, 1.7)), number * 7.0
            rightward = bool(chance.random() < 0.5)
            z = z0 + float(chance.uniform(-0.6, 0.9))
            way = (t_s - begin) * speed
            if chance.random() < 0.4 or not 0 < way < right - left:
                continue
            x = left + way if rightward else right - way
            stand = people.Stand(x, z, 0.0, way, 1 if rightward else -1)
            yield np.hypot(x, z), lambda somebody=somebody, stand=stand, number=number: people.paint(stage, somebody, stand, "person", _PERSON_IDS + number)
