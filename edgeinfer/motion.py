"""Motion: whether anything changes in a region of the picture, at a small part of a model's cost.

A small grey picture is compared with what each of its cells usually is, and by how much it usually
differs from that. 0.1 ms for 720p on one x86 core.
"""

from __future__ import annotations

from math import ceil, exp, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels
from edgeinfer.core.geometry import Region

_CELLS = (80, 45)
"""Across and down: an object of 3 % of the width covers at least two cells each way."""
_SAMPLES_PX = 320  # taken across, so that each cell is the mean of 16 and the noise a quarter
# Values are of 255. Night clips have walls and trains 10 to 20 apart.
_LEAST = 7.0
_MOST = 25.0
"""However much a cell flickers, a change like that of a car on a road counts."""
_TIMES_NOISE = 5.0
"""Of a cell's mean deviation: four standard deviations, once in 16,000 looks by chance."""
_ADAPTS_S = 10.0
"""What stays becomes part of the scene, light that changes slowly stays part of it; and what moves
by a cell in that time is still seen coming."""
_LEARNS_S = 30.0
"""The usual deviation takes longer: traffic should not become noise."""
_FIRST_NOISE, _BEGINS_S = 1.0, 1.0
"""At the start both adapt within the time that has passed: one picture tells little."""
_ROUNDING = 1e-6  # of a cell: a region that ends between two of them

_Grid = NDArray[np.float32]


class Motion:
    """Compares frames with a background that follows them.

    `region` is looked at alone. `sensitivity`: with 2, half the change is enough.
    """

    def __init__(self, region: Region, sensitivity: float = 1.0) -> None:
        self._region = region
        self._sensitivity = sensitivity
        self._shape: tuple[int, ...] = ()
        self._began_ns = self._before_ns = 0
        self._usual: _Grid = np.empty((0, 0), np.float32)
        self._noise: _Grid = self._usual

    def update(self, pixels: Pixels, now_ns: int) -> bool:
        """Whether something has changed; a first picture, and one of another size, has."""
        seen = _cells(pixels, self._region)
        if pixels.shape != self._shape:
            self._shape, self._began_ns, self._before_ns = pixels.shape, now_ns, now_ns
            self._usual, self._noise = seen, np.full_like(seen, _FIRST_NOISE)
            return True
        deviation = seen - self._usual
        size = np.abs(deviation)
        limit = np.clip(self._noise * _TIMES_NOISE, _LEAST, _MOST) / self._sensitivity
        moved = _has_block(size > limit)
        self._usual += deviation * self._weight(now_ns, _ADAPTS_S)
        self._noise += (np.minimum(size, limit) - self._noise) * self._weight(now_ns, _LEARNS_S)
        self._before_ns = now_ns
        return moved

    def _weight(self, now_ns: int, time_s: float) -> np.float32:
        """Of one picture in an average over `time_s`."""
        since_s, begun_s = (now_ns - self._before_ns) / 1e9, (now_ns - self._began_ns) / 1e9
        return np.float32(1 - exp(-max(since_s, 0.0) / min(time_s, max(begun_s, _BEGINS_S))))


def _cells(pixels: Pixels, region: Region) -> _Grid:
    """Green, the middle of both channel orders, averaged over the cells of the region."""
    height, width = pixels.shape[:2]
    step = max(1, min(width // _SAMPLES_PX, height // _CELLS[1]))
    samples = np.ascontiguousarray(pixels[::step, ::step, 1])
    size = min(_CELLS[0], samples.shape[1]), min(_CELLS[1], samples.shape[0])
    cells = cv2.resize(samples, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return cells[_inside(region[1], region[3], size[1]), _inside(region[0], region[2], size[0])]


def _inside(begin: float, end: float, cells: int) -> slice:
    """The cells that lie inside in full; where there is none, the one that it begins in."""
    first = min(ceil(begin * cells - _ROUNDING), cells - 1)
    return slice(first, max(floor(end * cells + _ROUNDING), first + 1))


def _has_block(changed: NDArray[np.bool_]) -> bool:
    """Whether two by two cells have changed; single ones and columns are rain, snow and a codec."""
    if changed.shape[0] > 1:
        changed = changed[1:] & changed[:-1]
    if changed.shape[1] > 1:
        changed = changed[:, 1:] & changed[:, :-1]
    return bool(changed.any())
