"""Glow: the light that a lamp throws around itself."""

from __future__ import annotations

import cv2
import numpy as np

from edgeinfer.core.frame import Pixels

_WARM = (255, 240, 200)


def _spot() -> Pixels:
    """A warm light that fades to nothing at its rim."""
    v, u = np.mgrid[-1:1:64j, -1:1:64j]
    fade = np.clip(1 - np.hypot(u, v), 0, 1)[..., None] ** 2
    return np.asarray(fade * _WARM, np.uint8)


_SPOT = _spot()


def add(
    pixels: Pixels, centre: tuple[float, float], radii: tuple[float, float], strength: float
) -> None:
    """Brightens an ellipse of the picture; centre and radii in pixels."""
    wide, high = (max(2, round(2 * radius)) for radius in radii)
    left, top = round(centre[0] - wide / 2), round(centre[1] - high / 2)
    rows, columns = slice(max(0, top), max(0, top + high)), slice(max(0, left), max(0, left + wide))
    part = pixels[rows, columns]
    if part.size:
        spot = cv2.resize(_SPOT, (wide, high), interpolation=cv2.INTER_LINEAR)
        spot = spot[rows.start - top :, columns.start - left :][: part.shape[0], : part.shape[1]]
        cv2.addWeighted(part, 1, spot, strength, 0, dst=part)
