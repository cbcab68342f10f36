"""Where the bays, the lane and the camera of a parking are: other at every seed."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2

import numpy as np

from edgeinfer.sources.scenes.camera import Camera

BAY_WIDTH_M, BAY_LENGTH_M, LANE_M = 2.7, 5.2, 6.4
_FOCAL = 1.15  # longer than the railway's: it looks on from a mast
_KERB_M = 1.4  # from the end of a bay to where people walk


@dataclass(frozen=True, slots=True)
class Bay:
    """Its middle, and the way into it: `inward` is 1 away from the camera, -1 towards it."""

    x: float
    z: float
    inward: int

    @property
    def kerb_z(self) -> float:
        return self.z + self.inward * (BAY_LENGTH_M / 2 + _KERB_M)


@dataclass(frozen=True, slots=True)
class Layout:
    """The far row of bays first, each from the left to the right."""

    bays: tuple[Bay, ...]
    lane_z: float
    camera: Camera

    @property
    def edges(self) -> tuple[float, float]:
        """The x at which a car in the lane is wholly outside the picture."""
        sides = [(self.lane_z + side, y) for side in (-1.0, 1.0) for y in (0.0, 2.1)]
        found = [self.camera.edges_m(*side) for side in sides]
        return min(left for left, _ in found) - 3.0, max(right for _, right in found) + 3.0


def layout(seed: int, width_px: int, height_px: int) -> Layout:
    """6 to 8 bays behind a lane, or 6 to 12 on both sides of it; all are in the picture."""
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
    yaw = float(chance.uniform(-0.06, 0.06))
    camera = Camera(width_px, height_px, height, yaw, atan2(height, lane) - 0.05, _FOCAL)
    return Layout(tuple(bays), lane, camera)
