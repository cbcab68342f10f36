"""Textures: what makes an even colour look like a thing."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
"""(H, W), mostly from 0 to 1."""

_TILE_PX = 512
_FINER = 0.62  # each finer grain counts so much of the one before


def noise(seed: int, width_px: int, height_px: int, cells: tuple[float, ...]) -> Field:
    """Smooth from -1 to 1, without a seam from right to left.

    `cells`: the pixels of each grain, the coarsest first.
    """
    chance = np.random.default_rng((seed, 50))
    whole = np.zeros((height_px, width_px), np.float32)
    for number, cell in enumerate(cells):
        columns, rows = max(2, round(width_px / cell)), max(2, round(height_px / cell) + 1)
        grain = chance.uniform(-1, 1, (rows, columns)).astype(np.float32)
        ringed = np.hstack((grain[:, -2:], grain, grain[:, :2]))
        wide = round(width_px * (columns + 4) / columns)
        large = cv2.resize(ringed, (wide, height_px), interpolation=cv2.INTER_CUBIC)
        start = round(2 * width_px / columns)
        whole += large[:, start : start + width_px] * np.float32(_FINER**number)
    return cast(
        "Field", np.clip(whole / np.sqrt(sum(_FINER ** (2 * n) for n in range(len(cells)))), -1, 1)
    )


def laid(seed: int, x_m: Field, z_m: Field, tile_m: float, cells: tuple[float, ...]) -> Field:
    """That noise laid on the ground, in tiles of so many metres."""
    tile = noise(seed, _TILE_PX, _TILE_PX, cells)
    scale = _TILE_PX / tile_m
    across, down = ((one * scale % _TILE_PX).astype(np.float32) for one in (x_m, z_m))
    return cast(
        "Field", cv2.remap(tile, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    )


def strip(distance_m: Field, half_m: float, pixel_m: Field) -> Field:
    """How much of each pixel a strip covers; `pixel_m`: metres of the ground in a pixel."""
    wide = np.maximum(pixel_m, 1e-3)
    inside = np.clip((half_m - np.abs(distance_m)) / wide + 0.5, 0, 1)
    return cast("Field", (inside * np.minimum(1, 2 * half_m / wide)).astype(np.float32))


def blend(ground: Field, share: Field, colour: tuple[float, float, float] | Field) -> None:
    """Paints a colour over the ground (H, W, 3), where and as much as `share` says."""
    ground += share[..., None] * (np.asarray(colour, np.float32) - ground)
