"""Signs: a stop sign passes a country road, now from the left, now from the right.

COCO knows stop signs, so a real detector has something to find in a picture that needs no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels

PASS_FRAMES = 90
"""Frames that one sign takes from edge to edge: 6 s at 15 frames per second."""

_RED, _WHITE, _GREY = (190, 22, 32), (245, 245, 245), (120, 124, 128)
_SKY_TOP, _SKY_LOW = (96, 156, 222), (214, 230, 242)
_HILL, _GRASS, _ROAD, _PAINT = (86, 128, 92), (112, 150, 78), (92, 94, 98), (226, 224, 206)
_HORIZON = 0.55  # of the picture's height, as are all lengths here that name no unit
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class _Pass:
    """One sign on its way: `radius` and `y` in heights of the picture."""

    radius: float
    y: float
    rightward: bool


def draw(seed: int, index: int, width_px: int, height_px: int) -> Pixels:
    """Frame `index` of the scene of `seed`: (height_px, width_px, 3) uint8 RGB."""
    canvas = _landscape(seed, width_px, height_px).copy()
    number, step = divmod(index, PASS_FRAMES)
    passing = _pass(seed, number)
    reach = width_px + 2 * passing.radius * height_px
    way = (step + 0.5) / PASS_FRAMES
    x = (way if passing.rightward else 1 - way) * reach - passing.radius * height_px
    _post(canvas, x, passing.y * height_px, passing.radius * height_px)
    _sign(canvas, x, passing.y * height_px, passing.radius * height_px)
    return canvas


@lru_cache(maxsize=16)
def _pass(seed: int, number: int) -> _Pass:
    chance = np.random.default_rng((seed, number))
    return _Pass(
        radius=float(chance.uniform(0.19, 0.25)),
        y=float(chance.uniform(0.33, 0.40)),
        rightward=bool((seed + number) % 2),
    )


@lru_cache(maxsize=2)
def _landscape(seed: int, width_px: int, height_px: int) -> Pixels:
    """What does not move, drawn once: a fresh one for each frame would cost more than the sign."""
    canvas = np.empty((height_px, width_px, 3), np.uint8)
    fade = np.linspace(0, 1, height_px, dtype=np.float32)[:, None]
    top, low = np.array(_SKY_TOP, np.float32), np.array(_SKY_LOW, np.float32)
    canvas[:] = (top * (1 - fade) + low * fade)[:, None]
    chance = np.random.default_rng(seed)
    _clouds(canvas, chance)
    _hills(canvas, chance)
    _road(canvas)
    return cast("Pixels", cv2.GaussianBlur(canvas, (0, 0), height_px / 400))


def _clouds(canvas: Pixels, chance: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    layer = canvas.copy()
    for x, y, size in chance.uniform((0, 0.06, 0.05), (1, 0.3, 0.11), (4, 3)):
        for shift in (-1.1, 0.0, 1.1):
            centre = (round(x * width + shift * size * height), round(y * height))
            axes = (round(size * height * 1.3), round(size * height * (0.45 - 0.1 * abs(shift))))
            cv2.ellipse(layer, centre, axes, 0, 0, 360, _WHITE, -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(layer, (0, 0), height / 60)
    cv2.addWeighted(soft, 0.7, canvas, 0.3, 0, dst=canvas)


def _hills(canvas: Pixels, chance: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    x = np.linspace(0, 1, 64)
    lift = sum(np.sin(x * f + chance.uniform(0, 6)) / f for f in (5.0, 9.0, 17.0))
    ridge = np.stack((x * width, (_HORIZON - 0.05 - 0.18 * (lift + 0.2)) * height), axis=1)
    _fill(canvas, np.vstack((ridge, [(width, height), (0, height)])), _HILL)
    cv2.rectangle(canvas, (0, round(_HORIZON * height)), (width, height), _GRASS, -1)


def _road(canvas: Pixels) -> None:
    height, width = canvas.shape[:2]
    top, low = round(0.74 * height), round(0.95 * height)
    cv2.rectangle(canvas, (0, top), (width, low), _ROAD, -1)
    for y in (top, low):
        cv2.line(canvas, (0, y), (width, y), _PAINT, max(1, height // 100))
    dash, middle = max(2, height // 8), (top + low) // 2
    for x in range(0, width, 2 * dash):
        cv2.line(canvas, (x, middle), (x + dash, middle), _PAINT, max(1, height // 80))


def _post(canvas: Pixels, x: float, y: float, radius: float) -> None:
    half, foot = radius * 0.07, canvas.shape[0] * 0.975
    corners = ((x - half, y), (x + half, y), (x + half, foot), (x - half, foot))
    _fill(canvas, np.array(corners), _GREY)


def _sign(canvas: Pixels, x: float, y: float, radius: float) -> None:
    for part, colour in ((1.0, _GREY), (0.985, _WHITE), (0.9, _RED)):
        _fill(canvas, _octagon(x, y, radius * part), colour)
    font, thickness = cv2.FONT_HERSHEY_DUPLEX, max(1, round(radius * 0.09))
    (wide, _), _ = cv2.getTextSize("STOP", font, 1.0, 1)
    scale = 1.45 * radius / wide
    (wide, tall), _ = cv2.getTextSize("STOP", font, scale, thickness)
    corner = (round(x - wide / 2), round(y + tall / 2))
    cv2.putText(canvas, "STOP", corner, font, scale, _WHITE, thickness, cv2.LINE_AA)


def _octagon(x: float, y: float, radius: float) -> NDArray[np.float64]:
    angles = (np.arange(8) + 0.5) * np.pi / 4
    return np.stack((x + radius * np.cos(angles), y + radius * np.sin(angles)), axis=1)


def _fill(canvas: Pixels, points: NDArray[np.float64], colour: tuple[int, int, int]) -> None:
    """A polygon at fractions of a pixel, so that slow things do not jump."""
    corners = np.round(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(canvas, [corners], colour, cv2.LINE_AA, _SUBPIXEL_BITS)
