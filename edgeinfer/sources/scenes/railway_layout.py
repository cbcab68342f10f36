"""Where the tracks, the path and the camera of a railway are: other at every seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeinfer.sources.scenes.camera import Camera

_APART_M = 4.6  # the tracks; 4 m and more is usual


@dataclass(frozen=True, slots=True)
class Layout:
    """Depths in metres. A path with a `path_y` is a platform of that height."""

    tracks: tuple[float, float]
    path: float
    path_y: float
    road: float | None
    poles: tuple[float, ...]
    camera: Camera


def layout(seed: int, width_px: int, height_px: int) -> Layout:
    chance = np.random.default_rng((seed, 1))
    near = float(chance.uniform(13, 26))
    far = near + _APART_M
    camera = Camera(
        width_px,
        height_px,
        height_m=float(chance.uniform(2.4, 4.6)),
        yaw=float(chance.uniform(-0.42, 0.42)),
        pitch=float(chance.uniform(-0.06, 0.04)),
        focal=float(chance.uniform(0.82, 1.0)),
    )
    before = chance.random() < 0.6
    path = near - 3.6 if before else far + 3.8
    path_y = 0.55 if chance.random() < 0.6 else 0.0
    road = far + float(chance.uniform(11, 15)) if chance.random() < 0.7 else None
    poles = (far + 2.2,) if before else (far + 2.2, near - 2.4)
    return Layout((near, far), path, path_y, road, poles, camera)
