"""Backdrop: all that stands still, lit once for each air; the clouds drift behind it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes import texture
from edgeinfer.sources.scenes.air import Air
from edgeinfer.sources.scenes.camera import Camera
from edgeinfer.sources.scenes.sky import Sky
from edgeinfer.sources.scenes.texture import Field

_SNOW = (232, 236, 242)
_DRIFT = 0.012  # widths of the picture a second, of the shadows of clouds
_FARTHEST_M = 4000.0


@dataclass(slots=True)
class Land:
    """In plain daylight, each as large as the picture.

    `cover`: 0 where the sky is seen; `far_m`: how far it is; `snowed`: how much snow it keeps;
    `glow`: the light of lamps and windows in the dark.
    """

    colour: NDArray[np.float32]
    cover: Field
    far_m: Field
    snowed: Field
    glow: NDArray[np.float32]


class Backdrop:
    def __init__(self, seed: int, camera: Camera, land: Land) -> None:
        self._land, self._sky = land, Sky(seed, camera)
        self._air: Air | None = None
        self._first_full = _first_full_row(land.cover)
        height, width = land.cover.shape
        shade = texture.noise(seed + 5, 2 * width, height, (width / 2.5, width / 6))
        self._shade = np.clip(255 - 150 * np.clip(shade - 0.05, 0, 0.5), 0, 255).astype(np.uint8)
        self._horizon = int(np.clip(camera.horizon_px, 0, height))

    def paint(self, t_s: float, air: Air) -> Pixels:
        """A picture of one's own to paint on."""
        if air != self._air:
            self._light(air)
        pixels: Pixels = self._lit.copy()
        top = self._first_full
        if top:
            behind = self._sky.paint(t_s, air)[:top]
            cv2.multiply(behind, self._open, dst=behind, scale=1 / 255)
            cv2.add(pixels[:top], behind, dst=pixels[:top])
        if air.sun > 0.3 and air.clouds > 0.2:
            self._shadows(pixels, t_s)
        return pixels

    def _shadows(self, pixels: Pixels, t_s: float) -> None:
        """Of the clouds, moving over the land."""
        width = pixels.shape[1]
        at = int(t_s * _DRIFT * width) % width
        part = self._three[self._horizon :, at : at + width]
        cv2.multiply(pixels[self._horizon :], part, dst=pixels[self._horizon :], scale=1 / 255)

    def _light(self, air: Air) -> None:
        land = self._land
        colour = land.colour + (land.snowed * air.snow)[..., None] * (_SNOW - land.colour)
        colour *= 1 - 0.16 * air.rain
        kept = np.exp(-np.minimum(land.far_m, _FARTHEST_M) / air.reach_m)[..., None]
        tint, haze = (np.array(one, np.float32) for one in (air.tint, air.haze))
        lit = colour * tint * kept + haze * (1 - kept)
        lit += land.glow * (air.lamps * (0.4 + 0.6 * kept))
        lit *= land.cover[..., None]
        self._lit = np.clip(lit, 0, 255).astype(np.uint8)
        clear = 255 - np.round(land.cover[: self._first_full] * 255)
        self._open = np.repeat(clear.astype(np.uint8)[..., None], 3, axis=2)
        weak = 255 - (255 - self._shade) * min(1.0, air.sun * air.clouds * 2)
        self._three = np.repeat(weak.astype(np.uint8)[..., None], 3, axis=2)
        self._air = air


def _first_full_row(cover: Field) -> int:
    """The first row below which no sky is seen."""
    rows = np.flatnonzero((cover < 1).any(axis=1))
    return int(rows[-1]) + 1 if rows.size else 0
