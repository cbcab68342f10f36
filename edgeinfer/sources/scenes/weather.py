"""Weather: what falls between the camera and the scene."""

from __future__ import annotations

from math import sin

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes.air import Air

_RAIN_SPEEDS, _SNOW_SPEEDS = (2.3, 3.1), (0.16, 0.27)  # heights of the picture a second
_RAIN_DROPS, _SNOW_FLAKES = 420, 320  # in a picture, of each layer


class Weather:
    """Two layers of rain and two of snow: nearer ones are larger and faster."""

    def __init__(self, seed: int, width_px: int, height_px: int) -> None:
        self._size = width_px, height_px
        chance = np.random.default_rng((seed, 60))
        self._slant = float(chance.uniform(-0.22, 0.22))
        self._rain = [self._streaks(chance, near) for near in (0.6, 1.0)]
        self._snow = [self._flakes(chance, near) for near in (0.6, 1.0)]

    def paint(self, pixels: Pixels, t_s: float, air: Air) -> None:
        light = 1 - 0.55 * air.darkness
        for amount, layers, speeds in (
            (air.rain, self._rain, _RAIN_SPEEDS),
            (air.snow, self._snow, _SNOW_SPEEDS),
        ):
            if amount > 0:
                for number, (layer, speed) in enumerate(zip(layers, speeds, strict=True)):
                    part = self._part(layer, t_s, speed, number)
                    cv2.addWeighted(pixels, 1, part, min(1.0, amount) * light, 0, dst=pixels)

    def _part(self, layer: Pixels, t_s: float, speed: float, number: int) -> Pixels:
        width, height = self._size
        down = int(-t_s * speed * height) % height
        sway = 0.5 + 0.5 * sin(0.6 * t_s + number)
        across = (
            int(sway * (layer.shape[1] - width)) if speed < 1 else int(t_s * 37) % (width // 4 + 1)
        )
        return layer[down : down + height, across : across + width]

    def _streaks(self, chance: np.random.Generator, near: float) -> Pixels:
        width, height = self._size
        tile = self._tile()
        for _ in range(_RAIN_DROPS):
            x, y = chance.uniform(0, width * 1.25), chance.uniform(0, height)
            long = near * height * float(chance.uniform(0.04, 0.09))
            bright = float(chance.uniform(16, 60)) * near
            for lift in (0, -height):
                start = round(x * 8), round((y + lift) * 8)
                end = round((x + long * self._slant) * 8), round((y + lift + long) * 8)
                cv2.line(tile, start, end, bright, 1, cv2.LINE_AA, 3)
        return _doubled(tile)

    def _flakes(self, chance: np.random.Generator, near: float) -> Pixels:
        width, height = self._size
        tile = self._tile()
        for _ in range(_SNOW_FLAKES):
            x, y = chance.uniform(0, width * 1.25), chance.uniform(0, height)
            radius = max(0.5, near * height / 480 * float(chance.uniform(0.5, 2.2)))
            bright = float(chance.uniform(90, 220))
            for lift in (-height, 0, height):
                centre = round(x * 8), round((y + lift) * 8)
                cv2.circle(tile, centre, round(radius * 8), bright, -1, cv2.LINE_AA, 3)
        return _doubled(tile)

    def _tile(self) -> NDArray[np.uint8]:
        width, height = self._size
        return np.zeros((height, width + width // 4 + 1), np.uint8)


def _doubled(tile: NDArray[np.uint8]) -> Pixels:
    """Twice below each other, so that any height can be cut out; grey in three colours."""
    return np.repeat(np.vstack((tile, tile))[..., None], 3, axis=2)
