"""The ground of a parking: what stands still."""

from __future__ import annotations

import cv2
import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes.air import Air


class Ground:
    def __init__(self, seed, plan) -> None:
        x, z, far = plan.camera.ground()
        col = np.empty((*z.shape, 3))
        col[:] = (112, 140, 78)
        zs = [b.z for b in plan.bays]
        col[(z > min([*zs, plan.lane_z - .5]) - 2.8) & (z < max(zs) + 2.6)] = (96, 98, 102)
        col[(z > max(zs) + 2.6) & (z < max(zs) + 5.5)] = (170, 164, 156)
        for b in plan.bays:
            for e in (-1.35, 1.35):
                col[(abs(x - b.x - e) < .06) & (abs(z - b.z) < 2.6)] = (230, 230, 225)
        col[far > 2000] = (150, 190, 230)
        self._albedo, self._far = col, far

    def paint(self, t_s: float, air: Air) -> Pixels:
        lost = (1 - np.exp(-np.minimum(self._far, 3000) / air.reach_m))[..., None]
        lit = self._albedo * air.tint * (1 - lost) + np.array(air.haze) * lost
        return np.clip(lit, 0, 255).astype(np.uint8)
