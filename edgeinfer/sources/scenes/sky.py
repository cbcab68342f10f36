"""Sky: a gradient, clouds that drift, a sun or a moon, stars."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes import texture
from edgeinfer.sources.scenes.air import Air
from edgeinfer.sources.scenes.camera import Camera

_DRIFT = 0.006  # widths of the picture a second
# From the zenith to the horizon, by day, at dusk and at night.
_ABOVE = np.array([(74, 128, 206), (58, 66, 122), (8, 11, 26)], np.float32)
_BELOW = np.array([(208, 226, 240), (248, 168, 104), (34, 40, 62)], np.float32)
_CLOUD = np.array([(250, 250, 250), (226, 150, 130), (40, 44, 60)], np.float32)
_OVERCAST = np.array([(176, 182, 188), (128, 112, 112), (26, 29, 40)], np.float32)


class Sky:
    def __init__(self, seed: int, camera: Camera) -> None:
        self._size = camera.width_px, camera.height_px
        self._high = int(np.clip(camera.horizon_px, 1, camera.height_px))
        self._seed = seed
        # At half the size: it is smooth, and lit anew whenever the light changes.
        self._half = camera.width_px, max(1, self._high // 2)
        grains = tuple(camera.width_px / part for part in (6, 14, 30, 80, 160))
        self._noise = texture.noise(seed, *self._half, grains)
        self._stars = self._starry()
        self._air: Air | None = None

    def paint(self, t_s: float, air: Air) -> Pixels:
        """The whole picture as if there were no land, its memory the caller's."""
        if air != self._air:
            self._panorama = self._lit(air)
            self._air = air
        width, height = self._size
        at = t_s * _DRIFT * width % width
        whole = int(at)
        pixels = np.empty((height, width, 3), np.uint8)
        pixels[: self._high] = self._panorama[:, whole : whole + width]
        pixels[self._high :] = pixels[self._high - 1]
        return pixels

    def _lit(self, air: Air) -> Pixels:
        clear = _mixed(_ABOVE, air.darkness), _mixed(_BELOW, air.darkness)
        fade = np.linspace(0, 1, self._half[1], dtype=np.float32)[:, None, None] ** 1.3
        dull = min(1.0, air.dull * 1.1)
        heavens = clear[0] + (clear[1] - clear[0]) * fade
        heavens = heavens + (_mixed(_OVERCAST, air.darkness) - heavens) * dull
        share = np.clip((self._noise + 1.6 * air.clouds - 0.7) * 1.3, 0, 1) ** 1.2
        thick = np.clip((self._noise + 1.5 * air.clouds - 1.0) * 0.35, 0, 0.3) * (1 - 0.5 * dull)
        cloud = _mixed(_CLOUD, air.darkness) * (1 - 0.22 * dull)
        painted = heavens + (share * (0.9 - 0.5 * dull))[..., None] * (cloud - heavens)
        painted *= 1 - thick[..., None] * 0.6
        painted += self._stars * max(0.0, air.darkness * 3 - 2) * (1 - share)[..., None]
        foggy = max(air.fog, 0.6 * air.snow)
        painted += (np.array(air.haze) - painted) * foggy * fade
        small = np.asarray(np.clip(painted, 0, 255), np.uint8)
        size = 2 * self._size[0], self._high
        return cast("Pixels", cv2.resize(small, size, interpolation=cv2.INTER_LINEAR))

    def _starry(self) -> NDArray[np.float32]:
        width, height = self._half
        chance = np.random.default_rng((self._seed, 51))
        sky = np.zeros((height, width, 1), np.float32)
        count = max(1, width * height // 750)
        rows, columns = chance.integers(height, size=count), chance.integers(width, size=count)
        sky[rows, columns, 0] = chance.uniform(20, 200, count)
        return np.asarray(cv2.GaussianBlur(sky, (0, 0), 0.4), np.float32)[..., None]


def _mixed(three: NDArray[np.float32], darkness: float) -> NDArray[np.float32]:
    first = min(int(darkness * 2), 1)
    share = np.float32(darkness * 2 - first)
    return np.asarray(three[first] + (three[first + 1] - three[first]) * share)
