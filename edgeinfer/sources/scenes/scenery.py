"""Scenery: trees, houses, hills and lamps, painted once onto the land."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

import cv2
import numpy as np
from numpy.random import Generator

from edgeinfer.sources.scenes.air import Colour
from edgeinfer.sources.scenes.backdrop import Land
from edgeinfer.sources.scenes.camera import Camera, Points
from edgeinfer.sources.scenes.texture import Field

_BITS = 4
_LEAVES: tuple[Colour, ...] = (
    (62, 98, 52),
    (84, 116, 56),
    (52, 84, 60),
    (112, 122, 60),
    (70, 92, 44),
)
_WALLS: tuple[Colour, ...] = (
    (222, 206, 176), (196, 120, 92), (236, 232, 224), (168, 148, 128), (204, 180, 132),
)  # fmt: skip
_ROOFS: tuple[Colour, ...] = ((142, 66, 52), (92, 76, 70), (82, 88, 98), (164, 92, 60))
_LAMP: Colour = (255, 206, 130)
_LIT_M = 300.0  # no lamp lights what is farther


class Scenery:
    """Paints on a land, from the far things to the near."""

    def __init__(self, land: Land, camera: Camera) -> None:
        self._land, self._camera = land, camera

    def polygon(
        self, flat: Points, colour: Colour, far_m: float, snowed: float = 0.0,
        glow: Colour = (0, 0, 0),
    ) -> None:  # fmt: skip
        """In pixels, over all that is there."""
        land = self._land
        low = np.floor(flat.min(axis=0)).astype(int) - 2
        high = np.ceil(flat.max(axis=0)).astype(int) + 3
        height, width = land.cover.shape
        left, top = max(int(low[0]), 0), max(int(low[1]), 0)
        right, bottom = min(int(high[0]), width), min(int(high[1]), height)
        if left >= right or top >= bottom:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        corners = np.round((flat - (left, top) - 0.5) * (1 << _BITS)).astype(np.int32)
        cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, _BITS)
        share = mask.astype(np.float32) / 255
        for layer, value in ((land.cover, 1.0), (land.far_m, far_m), (land.snowed, snowed)):
            part = layer[top:bottom, left:right]
            # Distance goes with the nearer thing as a whole: a mean of both would be nowhere.
            part += (share > 0.5 if layer is land.far_m else share) * (value - part)
        for three, paint in ((land.colour, colour), (land.glow, glow)):
            piece = three[top:bottom, left:right]
            piece += share[..., None] * (np.array(paint, np.float32) - piece)

    def upright(
        self, corners: Sequence[tuple[float, float]], z: float, colour: Colour,
        snowed: float = 0.0, glow: Colour = (0, 0, 0),
    ) -> None:  # fmt: skip
        """A face (x, y) in metres at a depth."""
        flat, depth = self._camera.project(np.array([(x, y, z) for x, y in corners]))
        self.polygon(flat, colour, float(depth.mean()), snowed, glow)

    def hills(self, chance: Generator, colour: Colour, far_m: float, height_m: float) -> None:
        """A ridge from side to side."""
        x = np.linspace(-0.1, 1.1, 160) * self._camera.width_px
        phases = chance.uniform(0, 2 * pi, 5)
        share = x / self._camera.width_px
        wave = sum(
            np.sin(share * f + p) / (2 + f * 0.4)
            for f, p in zip((3, 7, 13, 31, 57), phases, strict=True)
        )
        horizon = self._camera.horizon_px
        y = horizon - (0.9 + wave) * height_m / far_m * self._camera.focal_px
        below = horizon + 3 * self._camera.height_px / 480
        self.polygon(
            np.vstack((np.column_stack((x, y)), [(x[-1], below), (x[0], below)])),
            colour,
            far_m,
            0.7,
        )

    def tree(self, chance: Generator, x: float, z: float, height_m: float) -> None:
        """A trunk, and leaves as many round clumps, darker below."""
        self._foot_shade(x, z, height_m * 0.4)
        foot, top, high = 0.03 * height_m, 0.021 * height_m, 0.5 * height_m
        trunk = [(x - foot, 0), (x + foot, 0), (x + top, high), (x - top, high)]
        self.upright(trunk, z, (92, 72, 56))
        leaf = _LEAVES[int(chance.integers(len(_LEAVES)))]
        spread = height_m * float(chance.uniform(0.2, 0.3))
        for number in range(34):
            up = float(chance.uniform(0.32, 0.95))
            wide = spread * (1.15 - abs(up - 0.55) * 1.5)
            aside = float(chance.uniform(-1, 1)) * wide
            light = 0.62 + 0.5 * up - 0.25 * aside / max(wide, 0.1) * 0.6 + 0.1 * number / 34
            radius = height_m * float(chance.uniform(0.05, 0.11))
            colour: Colour = (leaf[0] * light, leaf[1] * light, leaf[2] * light)
            self._clump(x + aside, up * height_m, z, radius, colour)

    def _clump(self, x: float, y: float, z: float, radius: float, colour: Colour) -> None:
        angles = [2 * pi * number / 9 for number in range(9)]
        ring = [(x + radius * cos(angle), y + radius * 0.85 * sin(angle)) for angle in angles]
        self.upright(ring, z, colour, 0.45)

    def _foot_shade(self, x: float, z: float, radius: float) -> None:
        angles = np.linspace(0, 2 * pi, 20, endpoint=False)
        ring = np.column_stack(
            (x + radius * np.cos(angles), np.zeros(20), z + 0.6 * radius * np.sin(angles))
        )
        flat, _ = self._camera.project(ring)
        mask = np.zeros(self._land.cover.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(flat).astype(np.int32)], 255, cv2.LINE_AA)
        share = cv2.GaussianBlur(mask, (0, 0), self._camera.width_px / 320) / 255.0
        self._land.colour *= (1 - 0.35 * share[..., None]).astype(np.float32)

    def house(self, chance: Generator, x: float, z: float, wide: float, floors: int) -> None:
        """With a roof and windows, some of which are lit in the dark."""
        wall = _WALLS[int(chance.integers(len(_WALLS)))]
        roof = _ROOFS[int(chance.integers(len(_ROOFS)))]
        high = 2.9 * floors + 0.6
        half = wide / 2
        self.upright([(x - half, 0), (x + half, 0), (x + half, high), (x - half, high)], z, wall)
        peak = high + wide * 0.22
        eaves, ridge = half + 0.5, half - 1.6
        above = [(x - eaves, high), (x + eaves, high), (x + ridge, peak), (x - ridge, peak)]
        self.upright(above, z, roof, 0.9)
        count = max(2, round(wide / 2.6))
        for floor in range(floors):
            for number in range(count):
                self._window(chance, x - half + (number + 0.5) * wide / count, 0.9 + 2.9 * floor, z)

    def _window(self, chance: Generator, x: float, y: float, z: float) -> None:
        frame = [(x - 0.62, y - 0.1), (x + 0.62, y - 0.1), (x + 0.62, y + 1.5), (x - 0.62, y + 1.5)]
        self.upright(frame, z, (238, 236, 230))
        pane = [(x - 0.5, y), (x + 0.5, y), (x + 0.5, y + 1.4), (x - 0.5, y + 1.4)]
        lit = chance.random() < 0.45
        warm = float(chance.uniform(0.6, 1))
        glow = (225 * warm, 180 * warm, 105 * warm) if lit else (0, 0, 0)
        self.upright(pane, z, (84, 98, 112), 0.0, glow)

    def lamp(self, x: float, z: float, height_m: float, ground: tuple[Field, Field]) -> None:
        """A post with its light, and the pool of it on the ground of these x and z."""
        self.upright(
            [(x - 0.07, 0), (x + 0.07, 0), (x + 0.05, height_m), (x - 0.05, height_m)], z,
            (112, 114, 118),
        )  # fmt: skip
        low, high = height_m - 0.08, height_m + 0.1
        head = [(x - 0.35, low), (x + 0.35, low), (x + 0.3, high), (x - 0.3, high)]
        self.upright(head, z, (206, 206, 200), 0.0, (255, 240, 200))
        flat, depth = self._camera.project(np.array([(x, height_m, z)]))
        light = np.array(_LAMP, np.float32)
        away = (ground[0] - x) ** 2 + (ground[1] - z) ** 2
        pool = np.exp(-np.sqrt(away) / (1.6 * height_m))
        pool *= self._land.far_m < _LIT_M
        self._land.glow += (pool * 0.0042)[..., None] * light * self._land.colour
        v, u = np.ogrid[: self._camera.height_px, : self._camera.width_px]
        radius = 1.1 * self._camera.focal_px / float(depth[0])
        halo = np.exp(-np.hypot(u - flat[0, 0], v - flat[0, 1]) / max(radius, 0.5))
        self._land.glow += (halo * 0.5).astype(np.float32)[..., None] * light
