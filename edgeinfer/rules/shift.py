"""Shift: how far the picture inside an object has moved, where its edges show no motion."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels

_WIDTH_PX = 160  # of the small grey picture: a shift of 1 px is less than 1 % of the picture
# Flakes, drops and the noise of the night are no larger. They would drown what `phaseCorrelate`
# looks for, to which every fine detail counts as much as the outlines of a train.
_SPECKS_PX = 5
# The middle of the box: its rims show ground and sky, which stand still and would win.
_TOP, _BOTTOM = 0.3, 0.7
_LEAST_ROWS = 8
# What `phaseCorrelate` answers for two pictures that overlap in half (measured on real trains:
# 0.5 and more; unrelated pictures: 0.15). Beyond 0.4 of the width too little is in both.
_TRUSTED_RESPONSE = 0.25
_FARTHEST = 0.4
_LEAST = 0.01
# Grey levels, standard deviation of the difference: a still camera in daylight gave at most 3.5.
_CHANGED_LEVELS = 10.0


@dataclass(frozen=True, slots=True)
class Shift:
    """`x`: in widths of the picture, to the right; None: it changed, who knows where to."""

    x: float | None
    seconds: float


class PictureShift:
    """Compares the rows of an object in one frame with the same rows in the frame before."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None
        self._before_ns = 0

    def forget(self) -> None:
        self._before = None

    def update(self, pixels: Pixels, top: float, bottom: float, now_ns: int) -> Shift | None:
        """None: nothing moved, or there is no frame to compare with. `top`, `bottom`: fractions."""
        grey = _small(pixels)
        before, seconds = self._before, (now_ns - self._before_ns) / 1e9
        self._before, self._before_ns = grey, now_ns
        if before is None or before.shape != grey.shape or seconds <= 0:
            return None
        rows = _middle_rows(grey.shape[0], top, bottom)
        old, new = before[rows].astype(np.float32), grey[rows].astype(np.float32)
        if len(old) < _LEAST_ROWS or float((new - old).std()) < _CHANGED_LEVELS:
            return None
        return Shift(_shift(old, new), seconds)


def _shift(old: NDArray[np.float32], new: NDArray[np.float32]) -> float | None:
    width = old.shape[1]
    window = cv2.createHanningWindow((width, old.shape[0]), cv2.CV_32F)
    (x_px, _), response = cv2.phaseCorrelate(old, new, window)
    x = x_px / width
    return x if response >= _TRUSTED_RESPONSE and _LEAST <= abs(x) <= _FARTHEST else None


def _small(pixels: Pixels) -> NDArray[np.uint8]:
    """Every nth green pixel: nearly grey, in either channel order, and almost free; less specks."""
    step = -(-pixels.shape[1] // _WIDTH_PX)
    green = np.ascontiguousarray(pixels[::step, ::step, 1])
    return np.asarray(cv2.medianBlur(green, _SPECKS_PX), np.uint8)


def _middle_rows(rows: int, top: float, bottom: float) -> slice:
    high = bottom - top
    return slice(round((top + high * _TOP) * rows), round((top + high * _BOTTOM) * rows))
