"""The ground of a parking, and what stands behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeinfer.sources.scenes import texture
from edgeinfer.sources.scenes.backdrop import Land
from edgeinfer.sources.scenes.parking_layout import BAY_LENGTH_M, BAY_WIDTH_M, LANE_M, Layout
from edgeinfer.sources.scenes.scenery import Scenery
from edgeinfer.sources.scenes.texture import Field, blend, strip

_ASPHALT, _PAVING, _PAINT = (98.0, 99.0, 103.0), (172.0, 166.0, 158.0), (232.0, 232.0, 224.0)
_GRASS = (110.0, 138.0, 76.0)
_LINE_M = 0.06  # half of a line's width
_PAVEMENT_M = 2.6


def land(seed: int, plan: Layout) -> Land:
    """All that stands still, but the cars."""
    chance = np.random.default_rng((seed, 4))
    x, z, far = (one.astype(np.float32) for one in plan.camera.ground())
    ground = _ground(seed, plan, (x, z, far))
    snowed = np.full_like(far, 0.85)
    snowed -= 0.5 * strip(z - plan.lane_z, LANE_M / 2 - 0.8, far / 60)
    cover = (far < 3000).astype(np.float32)
    made = Land(ground, cover, far, snowed, np.zeros_like(ground))
    _behind(Scenery(made, plan.camera), chance, plan, (x, z))
    return made


def _ground(seed: int, plan: Layout, where: tuple[Field, Field, Field]) -> NDArray[np.float32]:
    x, z, far = where
    pixel = far**2 / (plan.camera.height_m * plan.camera.focal_px)
    fade = np.minimum(1, 40 / far)
    ground = np.empty((*z.shape, 3), np.float32)
    ground[:] = _GRASS
    ground *= (1 + 0.22 * fade * texture.laid(seed + 2, x, z, 16, (24, 7, 3)))[..., None]
    rows = sorted({bay.z for bay in plan.bays})
    low = min(rows[0] - BAY_LENGTH_M / 2, plan.lane_z - LANE_M / 2)
    high = rows[-1] + BAY_LENGTH_M / 2
    middle, half = (low + high) / 2, (high - low) / 2
    blend(ground, strip(z - middle, half + _PAVEMENT_M, pixel), _PAVING)
    slabs = strip(np.mod(x, 1.2) - 0.6, 0.03, far / plan.camera.focal_px)
    blend(ground, slabs * strip(z - middle, half + _PAVEMENT_M, pixel) * 0.5, (140, 134, 126))
    blend(ground, strip(z - middle, half + 0.15, pixel), (150, 148, 146))
    asphalt = strip(z - middle, half, pixel)
    blend(ground, asphalt, _ASPHALT)
    worn = 0.1 * texture.laid(seed + 3, x, z, 40, (120, 50)) + 0.1 * fade * texture.laid(
        seed + 4, x, z, 8, (8, 3)
    )
    _bays(ground, plan, (x, z, far), pixel)
    ground *= (1 + worn * asphalt)[..., None]
    return np.clip(ground, 0, 255)


def _bays(
    ground: NDArray[np.float32], plan: Layout, where: tuple[Field, Field, Field], pixel: Field
) -> None:
    """The lines between them, and dark stains where cars stand."""
    x, z, far = where
    across = far / plan.camera.focal_px
    for bay in plan.bays:
        deep = strip(z - bay.z, BAY_LENGTH_M / 2, pixel)
        for side in (-BAY_WIDTH_M / 2, BAY_WIDTH_M / 2):
            blend(ground, deep * strip(x - bay.x - side, _LINE_M, across) * 0.9, _PAINT)
        away = ((x - bay.x) / 0.7) ** 2 + ((z - bay.z) / 1.6) ** 2
        blend(ground, 0.22 * np.exp(-away), (50, 50, 52))


def _behind(
    scenery: Scenery, chance: np.random.Generator, plan: Layout, where: tuple[Field, Field]
) -> None:
    scenery.hills(chance, (104, 128, 106), 1500, 60)
    edge = max(bay.kerb_z for bay in plan.bays) + _PAVEMENT_M
    left, right = plan.camera.edges_m(edge + 10, 0.0)
    for z in sorted(chance.uniform(edge + 1.5, edge + 26, 18), reverse=True):
        x = float(chance.uniform(left - 4, right + 4))
        if chance.random() < 0.3 and z > edge + 8:
            floors = int(chance.integers(2, 5))
            scenery.house(chance, x, float(z), float(chance.uniform(9, 18)), floors)
        else:
            scenery.tree(chance, x, float(z), float(chance.uniform(2.5, 7)))
    for share in (0.12, 0.5, 0.88):
        scenery.lamp(left + share * (right - left), edge - 1.2, 6.0, where)
