"""The small picture that a Raspberry Pi camera makes: its size, and its memory as RGB."""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np

from edgeinfer.core.frame import Pixels
from edgeinfer.picture import ViewOptions


def lores_px(
    main_px: tuple[int, int], view: ViewOptions, model_px: tuple[int, int] | None
) -> tuple[int, int] | None:
    """(width, height) before rotation, both even: main's shape, and its region covers the model.

    None where nothing would be gained: the model's size is unknown, or needs the main stream.
    """
    if model_px is None:
        return None
    left, top, right, bottom = view.region
    across = main_px if view.rotation in (0, 180) else main_px[::-1]
    scale_x = model_px[0] / (across[0] * (right - left))
    scale_y = model_px[1] / (across[1] * (bottom - top))
    width, height = (_even(side * max(scale_x, scale_y)) for side in main_px)
    return (width, height) if width < main_px[0] and height < main_px[1] else None


def _even(side_px: float) -> int:
    """Rounded up, but not for the last bit of a division."""
    return 2 * math.ceil(side_px / 2 - 1e-6)


def to_rgb(memory: Pixels, pixel_format: str, width_px: int) -> Pixels:
    """Camera memory as (H, W, 3) RGB; rows of YUV may be padded on the right."""
    return np.ascontiguousarray(TO_RGB[pixel_format](memory)[:, :width_px])


def _from_yuv420(memory: Pixels) -> Pixels:
    return cast("Pixels", cv2.cvtColor(memory, cv2.COLOR_YUV2RGB_I420))


def _from_nv12(memory: Pixels) -> Pixels:
    return cast("Pixels", cv2.cvtColor(memory, cv2.COLOR_YUV2RGB_NV12))


TO_RGB = {
    # picamera2 names 24 bits by their order in a register: in memory they lie the other way round.
    "BGR888": lambda memory: memory,
    "RGB888": lambda memory: memory[..., ::-1],
    "XBGR8888": lambda memory: memory[..., :3],
    "XRGB8888": lambda memory: memory[..., 2::-1],
    "YUV420": _from_yuv420,
    "NV12": _from_nv12,
}
