"""The country of a railway: what stands still around two tracks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeinfer.sources.scenes import texture
from edgeinfer.sources.scenes.air import Colour
from edgeinfer.sources.scenes.backdrop import Land
from edgeinfer.sources.scenes.railway_layout import Layout
from edgeinfer.sources.scenes.scenery import Scenery
from edgeinfer.sources.scenes.texture import Field, blend, strip

_GRASS: tuple[Colour, ...] = ((116, 142, 74), (132, 146, 84), (96, 130, 70), (150, 148, 96))
_BALLAST: Colour = (134, 126, 118)
_ASPHALT: Colour = (92, 93, 97)
_SLEEPER_M = 0.65  # from one to the next


def land(seed: int, plan: Layout) -> Land:
    """All that stands still and behind the trains."""
    chance = np.random.default_rng((seed, 3))
    x, z, far = (one.astype(np.float32) for one in plan.camera.ground())
    ground = _ground(seed, chance, plan, (x, z, far))
    cover = (far < 3000).astype(np.float32)
    snowed = np.full_like(far, 0.9)
    for line in plan.tracks:
        snowed -= 0.45 * strip(z - line, 1.9, far / 100)
    made = Land(ground, cover, far, snowed, np.zeros_like(ground))
    _far_things(Scenery(made, plan.camera), chance, plan, (x, z))
    return made


def _ground(
    seed: int, chance: np.random.Generator, plan: Layout, where: tuple[Field, Field, Field]
) -> NDArray[np.float32]:
    x, z, far = where
    pixel = far**2 / (plan.camera.height_m * plan.camera.focal_px)
    fade = np.minimum(1, 30 / far)
    ground = np.empty((*z.shape, 3), np.float32)
    ground[:] = _GRASS[int(chance.integers(len(_GRASS)))]
    patches = texture.laid(seed + 1, x, z, 120, (170, 70))
    ground *= (1 + 0.16 * patches + 0.2 * fade * texture.laid(seed + 2, x, z, 16, (24, 7, 3)))[
        ..., None
    ]
    stones = texture.laid(seed + 3, x, z, 9, (9, 4, 2)) * fade
    if plan.road is not None:
        blend(ground, strip(z - plan.road, 3.9, pixel), (150, 146, 138))
        blend(ground, strip(z - plan.road, 3.4, pixel), _ASPHALT)
        dashes = (np.mod(x, 6) < 3).astype(np.float32)
        blend(ground, strip(z - plan.road, 0.08, pixel) * dashes, (226, 226, 214))
    if not plan.path_y:
        blend(ground, strip(z - plan.path, 1.5, pixel), (182, 168, 142))
    for line in plan.tracks:
        _track(ground, line, (x, z, pixel), stones)
    ground *= (1 + 0.05 * stones)[..., None]
    return np.clip(ground, 0, 255)


def _track(
    ground: NDArray[np.float32], line: float, where: tuple[Field, Field, Field], stones: Field
) -> None:
    x, z, pixel = where
    shade = np.clip(1 + 0.3 * stones, 0.4, 1.5)
    blend(ground, strip(z - line, 2.1, pixel), _BALLAST * shade[..., None])
    along = np.abs(np.mod(x, _SLEEPER_M) - _SLEEPER_M / 2)
    sleepers = strip(along, 0.13, pixel / 6) * strip(z - line, 1.3, pixel)
    blend(ground, sleepers, (98, 90, 84))
    for side in (-0.72, 0.72):
        blend(ground, strip(z - line - side - 0.06, 0.06, pixel), (74, 64, 58))
        blend(ground, strip(z - line - side, 0.045, pixel), (206, 206, 210))


def _far_things(
    scenery: Scenery, chance: np.random.Generator, plan: Layout, where: tuple[Field, Field]
) -> None:
    scenery.hills(chance, (112, 134, 132), 2600, float(chance.uniform(120, 330)))
    scenery.hills(chance, (104, 128, 92), 1100, float(chance.uniform(25, 80)))
    behind = (plan.road or plan.tracks[1] + 7) + 7
    for z in sorted(chance.uniform(behind + 2, behind + 80, 26), reverse=True):
        left, right = plan.camera.edges_m(float(z), 0.0)
        x = float(chance.uniform(left - 3, right + 3))
        if chance.random() < 0.22:
            scenery.house(
                chance, x, float(z), float(chance.uniform(7, 13)), int(chance.integers(1, 4))
            )
        else:
            scenery.tree(chance, x, float(z), float(chance.uniform(4, 12)))
    left, right = plan.camera.edges_m(behind - 2.5, 0.0)
    for x in np.arange(left // 22 * 22, right, 22):
        scenery.lamp(float(x), behind - 2.5, 7.0, where)
