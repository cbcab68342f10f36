"""Lens: what a cheap camera makes of a scene: shake, exposure, noise, compression."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sin
from typing import cast

import cv2
import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes.air import Air

_STEP_S = 11.0  # from one step of the exposure to the next
_SETTLING_S = 0.8
_GREY = 128


@dataclass(frozen=True, slots=True)
class Traits:
    """`noise`: standard deviation by day; `shake_px`: of a picture 640 wide; `quality`: JPEG's."""

    noise: float
    shake_px: float
    steps: float
    quality: int | None


def _traits(chance: np.random.Generator) -> Traits:
    return Traits(
        noise=float(chance.uniform(1.0, 4.5)),
        shake_px=float(chance.uniform(0.4, 1.6)) if chance.random() < 0.35 else 0.0,
        steps=float(chance.uniform(0.05, 0.3)) if chance.random() < 0.6 else 0.0,
        quality=int(chance.integers(45, 92)) if chance.random() < 0.6 else None,
    )


class Lens:
    def __init__(self, seed: int, width_px: int, height_px: int) -> None:
        self._seed, self._size = seed, (width_px, height_px)
        chance = np.random.default_rng((seed, 70))
        self._traits = _traits(chance)
        shape = height_px + height_px // 4 + 1, width_px + width_px // 4 + 1, 3
        grain = chance.standard_normal(shape, np.float32) * 20 + _GREY
        self._grain = np.clip(grain, 0, 255).astype(np.uint8)

    def shift_px(self, t_s: float) -> tuple[float, float]:
        """How far the picture lies from where it belongs."""
        reach = self._traits.shake_px * self._size[0] / 640
        gust = 0.5 + 0.5 * sin(0.37 * t_s + self._seed)
        x = sin(9.7 * t_s) + 0.6 * sin(23.1 * t_s + 1)
        y = sin(11.3 * t_s + 2) + 0.6 * sin(27.7 * t_s)
        return reach * gust * x, 0.6 * reach * gust * y

    def take(self, pixels: Pixels, t_s: float, air: Air) -> Pixels:
        pixels = self._shaken(pixels, t_s)
        gain = self._gain(t_s)
        if abs(gain - 1) > 0.01:
            cv2.convertScaleAbs(pixels, dst=pixels, alpha=gain)
        self._noisy(pixels, t_s, air)
        if self._traits.quality is None:
            return pixels
        options = [cv2.IMWRITE_JPEG_QUALITY, self._traits.quality]
        # As if red were blue: the artefacts hardly differ, and two conversions are saved.
        data = cv2.imencode(".jpg", pixels, options)[1]
        return cast("Pixels", cv2.imdecode(data, cv2.IMREAD_COLOR))

    def _shaken(self, pixels: Pixels, t_s: float) -> Pixels:
        if not self._traits.shake_px:
            return pixels
        x, y = self.shift_px(t_s)
        move = np.array([[1, 0, x], [0, 1, y]], np.float64)
        return cast(
            "Pixels", cv2.warpAffine(pixels, move, self._size, borderMode=cv2.BORDER_REPLICATE)
        )

    def _gain(self, t_s: float) -> float:
        """Steps up or down at once, and settles."""
        number, within_s = divmod(t_s, _STEP_S)
        chance = np.random.default_rng((self._seed, 71, int(number)))
        step = float(chance.uniform(-1, 1)) * self._traits.steps
        late_s = within_s - float(chance.uniform(0, _STEP_S - 3 * _SETTLING_S))
        return 1 + step * exp(-late_s / _SETTLING_S) if late_s > 0 else 1.0

    def _noisy(self, pixels: Pixels, t_s: float, air: Air) -> None:
        width, height = self._size
        chance = np.random.default_rng((self._seed, 72, round(t_s * 1e4)))
        down, across = (int(chance.integers(side // 4 + 1)) for side in (height, width))
        grain = self._grain[down : down + height, across : across + width]
        strength = self._traits.noise * (1 + 1.3 * air.darkness) / 20
        cv2.addWeighted(pixels, 1, grain, strength, -_GREY * strength, dst=pixels)
