"""Camera: metres of the scene to pixels of the picture, and back to the ground."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, sin

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(N, 3) metres, x to the right, y up from the ground, z away from the camera; or (N, 2) pixels."""

_NEAR_M = 0.4  # nothing is drawn nearer: dividing by less would throw corners out of all bounds


@dataclass(frozen=True, slots=True)
class Camera:
    """Above the origin. `yaw` turns it to the right, `pitch` down, in radians.

    `focal` is the focal length in widths of the largest 4:3 picture inside the picture, so that
    what such a picture shows is seen at every shape.
    """

    width_px: int
    height_px: int
    height_m: float
    yaw: float
    pitch: float
    focal: float

    @property
    def focal_px(self) -> float:
        return self.focal * min(self.width_px, self.height_px * 4 / 3)

    @property
    def horizon_px(self) -> float:
        return self.height_px / 2 - self.focal_px * float(np.tan(self.pitch))

    def project(self, points: Points) -> tuple[Points, Points]:
        """(N, 3) metres as (N, 2) pixels and (N,) metres of depth."""
        seen = points @ self._rotation()
        seen -= (0.0, self.height_m * cos(self.pitch), -self.height_m * sin(self.pitch))
        depth = np.maximum(seen[:, 2], _NEAR_M)
        flat = seen[:, :2] * (self.focal_px / depth)[:, None]
        flat[:, 1] *= -1
        flat += (self.width_px / 2, self.height_px / 2)
        return flat, depth

    def _rotation(self) -> Points:
        sine, cosine, down, level = sin(self.yaw), cos(self.yaw), sin(self.pitch), cos(self.pitch)
        return np.array(
            [
                [cosine, sine * down, sine * level],
                [0.0, level, -down],
                [-sine, cosine * down, cosine * level],
            ]
        )

    def ground(self) -> tuple[Points, Points, Points]:
        """x, z and depth in metres of the ground behind every pixel; above the horizon far away."""
        v, u = np.mgrid[0.5 : self.height_px, 0.5 : self.width_px]
        rays = np.stack((u - self.width_px / 2, self.height_px / 2 - v), axis=-1) / self.focal_px
        turn = self._rotation()
        ray = rays @ turn[:, :2].T + turn[:, 2]
        reach = self.height_m / np.maximum(-ray[..., 1], 1e-4)
        return ray[..., 0] * reach, ray[..., 2] * reach, reach

    def edges_m(self, z_m: float, height_m: float) -> tuple[float, float]:
        """The x at which the picture ends left and right, at that depth and height."""
        half = self.width_px / 2 / self.focal_px
        turn = self._rotation()
        start = np.array([0.0, height_m - self.height_m, z_m]) @ turn
        return _crossing(start, turn[0], -half), _crossing(start, turn[0], half)


def _crossing(start: Points, along: Points, slope: float) -> float:
    """The x of a line in the camera's own axes at which it meets the picture's edge."""
    return float((slope * start[2] - start[0]) / (along[0] - slope * along[2]))
