"""Film: from the backdrop through the weather and the lens to the picture."""

from __future__ import annotations

from math import cos, pi, sin

import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.core.geometry import Box
from edgeinfer.sources.scenes.air import Climate
from edgeinfer.sources.scenes.backdrop import Backdrop, Land
from edgeinfer.sources.scenes.camera import Camera
from edgeinfer.sources.scenes.lens import Lens
from edgeinfer.sources.scenes.scene import Light, Truth
from edgeinfer.sources.scenes.scene import Weather as Kind
from edgeinfer.sources.scenes.stage import Stage, unit
from edgeinfer.sources.scenes.weather import Weather

_SUN_S = 1500.0  # of the sun's way around: so fast that shadows are seen to move


class Film:
    def __init__(self, seed: int, camera: Camera, land: Land, weather: Kind, light: Light) -> None:
        size = camera.width_px, camera.height_px
        self._camera = camera
        self._climate = Climate(seed, weather, light)
        self._backdrop = Backdrop(seed, camera, land)
        self._weather, self._lens = Weather(seed, *size), Lens(seed, *size)
        self._noon = float(np.random.default_rng((seed, 80)).uniform(0, 2 * pi))

    def begin(self, t_s: float) -> Stage:
        """With the backdrop on it."""
        air = self._climate.at(t_s)
        hour = 0.9 * sin(self._noon + 2 * pi * t_s / _SUN_S)  # it never stands behind the scene
        sun = unit(-sin(hour), 0.95, -0.75 * cos(hour))
        return Stage(self._backdrop.paint(t_s, air), self._camera, air, sun)

    def end(self, stage: Stage, t_s: float) -> tuple[Pixels, tuple[Truth, ...]]:
        self._weather.paint(stage.pixels, t_s, stage.air)
        pixels = self._lens.take(stage.pixels, t_s, stage.air)
        return pixels, self._moved(stage.truths(), t_s)

    def _moved(self, truths: tuple[Truth, ...], t_s: float) -> tuple[Truth, ...]:
        """As the lens shakes; what is shaken out of the picture is gone."""
        x, y = self._lens.shift_px(t_s)
        x, y = x / self._camera.width_px, y / self._camera.height_px
        if not (x or y):
            return truths
        return tuple(
            Truth(one.label, box, one.id, one.visible_share)
            for one in truths
            if (box := _shifted(one.box, x, y)).area > 0
        )


def _shifted(box: Box, x: float, y: float) -> Box:
    """A side at the picture's edge stays there: the object goes on beyond it."""
    left = box.left + x if box.left > 0 else 0.0
    top = box.top + y if box.top > 0 else 0.0
    right = box.right + x if box.right < 1 else 1.0
    bottom = box.bottom + y if box.bottom < 1 else 1.0
    return Box(left, top, right, bottom).clipped()
