"""The country of a railway: what stands still."""

from __future__ import annotations

import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes.air import Air
from edgeinfer.sources.scenes.stage import Stage


class Ground:
    def __init__(self, seed, plan) -> None:
        self._plan = plan
        x, z, far = plan.camera.ground()
        col = np.empty((*z.shape, 3))
        col[:] = (112, 140, 78)
        for t in plan.tracks:
            col[abs(z - t) < 2] = (128, 120, 112)
            col[abs(abs(z - t) - 0.72) < 0.06] = (180, 180, 184)
        if plan.road:
            col[abs(z - plan.road) < 3.4] = (92, 94, 98)
        col[abs(z - plan.path) < 1.6] = (170, 164, 156)
        col[far > 2000] = (150, 190, 230)
        self._albedo, self._far = col, far

    def paint(self, t_s: float, air: Air) -> Pixels:
        lost = (1 - np.exp(-np.minimum(self._far, 3000) / air.reach_m))[..., None]
        lit = self._albedo * air.tint * (1 - lost) + np.array(air.haze) * lost
        return np.clip(lit, 0, 255).astype(np.uint8)

    def front(self, stage: Stage) -> None: ...
