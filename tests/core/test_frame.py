from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from edgeinfer.core.frame import Frame, Pixels


def frame(pixels: Pixels, order: Literal["rgb", "bgr"] = "rgb") -> Frame:
    return Frame(pixels, 0, 0, 0, order=order)


def test_pixels_are_read_only_and_the_sources_own_array_is_not() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    made = frame(pixels)
    with pytest.raises(ValueError, match="read-only"):
        made.pixels[0, 0, 0] = 1
    pixels[0, 0, 0] = 1


def test_no_pixel_is_copied() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    assert np.shares_memory(frame(pixels).pixels, pixels)
    assert np.shares_memory(frame(pixels, order="bgr").rgb, pixels)


def test_rgb_is_in_that_order_whatever_the_source_gave() -> None:
    pixels = np.array([[[1, 2, 3]]], np.uint8)
    assert frame(pixels, order="rgb").rgb.tolist() == [[[1, 2, 3]]]
    assert frame(pixels, order="bgr").rgb.tolist() == [[[3, 2, 1]]]


def test_width_and_height_are_those_of_the_picture() -> None:
    made = frame(np.zeros((2, 3, 3), np.uint8))
    assert (made.width_px, made.height_px) == (3, 2)


def test_two_frames_are_equal_only_if_they_are_one() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    assert frame(pixels) != frame(pixels)
