"""Pictures of a textured place with noise, drops and one small thing that goes through it."""

from __future__ import annotations

import cv2
import numpy as np

from edgeinfer.core.frame import Pixels

FPS = 10.0
_WIDTH_PX, _HEIGHT_PX = 640, 360
_SIDE_PX = round(0.03 * _WIDTH_PX)


class Footage:
    def __init__(self, *, level: float = 120, noise: float = 3.0) -> None:
        self.level = level
        self._noise = noise
        self._chance = np.random.default_rng(0)
        rough = self._chance.uniform(0, 1, (9, 16)).astype(np.float32)
        self._place = cv2.resize(rough, (_WIDTH_PX, _HEIGHT_PX))
        # Made once: noise for a whole picture takes longer than everything else.
        self._noises = self._chance.normal(0, noise, (_HEIGHT_PX * 2, _WIDTH_PX * 2))

    def picture(self, at: float | None = None, contrast: float = 0.0, drops: int = 0) -> Pixels:
        """`at`: of its way from left to right, the thing's left edge."""
        picture = self.level * (0.6 + 0.8 * self._place)
        if at is not None:
            x, y = round(at * _WIDTH_PX), _HEIGHT_PX // 2
            picture[y : y + _SIDE_PX, x : x + _SIDE_PX] += contrast
        for x, y in self._chance.integers(0, (_WIDTH_PX, _HEIGHT_PX - 9), (drops, 2)):
            picture[y : y + 9, x] += 60
        y, x = self._chance.integers(0, (_HEIGHT_PX, _WIDTH_PX))
        noise = self._noises[y : y + _HEIGHT_PX, x : x + _WIDTH_PX]
        grey = np.clip(picture + noise, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
