from __future__ import annotations

import numpy as np
import pytest

from edgeinfer.core.frame import Pixels
from edgeinfer.rules.shift import PictureShift, Shift

_WALL = np.random.default_rng(1).integers(0, 255, (24, 200), np.uint8).repeat(15, 0).repeat(20, 1)


def view(x: float, noise: int = 0, light: float = 1.0) -> Pixels:
    """A wall of coloured stones that moved to the right by x of the picture, 640 x 360."""
    left = 2000 - round(x * 640)
    grey = _WALL[:, left : left + 640].astype(np.float32) * light
    if noise:
        grey = grey + np.random.default_rng(round(abs(x) * 1e6)).normal(0, noise, grey.shape)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def snowed(pixels: Pixels, seed: int) -> Pixels:
    """Behind 300 flakes of 8 pixels: those of another picture lie elsewhere."""
    chance = np.random.default_rng(seed)
    tops, lefts = chance.integers(0, 352, 300), chance.integers(0, 632, 300)
    covered = pixels.copy()
    for top, left in zip(tops, lefts, strict=True):
        covered[top : top + 8, left : left + 8] = 255
    return covered


def measured(*pictures: Pixels, fps: int = 10) -> list[Shift | None]:
    shift = PictureShift()
    return [shift.update(one, 0.0, 1.0, n * 10**9 // fps) for n, one in enumerate(pictures)][1:]


@pytest.mark.parametrize("x", [-0.35, -0.1, -0.02, 0.02, 0.1, 0.35])
@pytest.mark.parametrize(("noise", "light"), [(0, 1.0), (25, 1.0), (3, 0.2)])
def test_a_picture_that_moves_is_measured_in_light_dark_and_noise(
    x: float, noise: int, light: float
) -> None:
    (shift,) = measured(view(0, noise, light), view(x, noise, light))
    assert shift is not None
    assert shift.x == pytest.approx(x, abs=0.01)
    assert shift.seconds == pytest.approx(0.1)


@pytest.mark.parametrize("x", [-0.1, 0.02, 0.1])
def test_snow_hides_no_motion(x: float) -> None:
    (shift,) = measured(snowed(view(0, light=0.3), 1), snowed(view(x, light=0.3), 2))
    assert shift is not None
    assert shift.x == pytest.approx(x, abs=0.01)


def test_a_picture_that_stands_is_no_shift_though_it_is_noisy() -> None:
    assert measured(view(0), view(0)) == [None]
    assert measured(view(0, noise=4), view(1e-4, noise=4)) == [None]


def test_a_picture_that_only_becomes_brighter_is_no_shift() -> None:
    assert measured(view(0, light=0.5), view(0, light=0.52)) == [None]


def test_a_picture_that_is_another_one_changed_who_knows_where_to() -> None:
    other = view(0)[::-1, ::-1]
    (shift,) = measured(view(0), np.ascontiguousarray(other))
    assert shift is not None
    assert shift.x is None


def test_after_forgetting_there_is_nothing_to_compare_with() -> None:
    shift = PictureShift()
    shift.update(view(0), 0, 1, 0)
    shift.forget()
    assert shift.update(view(0.1), 0, 1, 10**8) is None


def test_a_picture_of_another_size_and_a_flat_box_are_no_error() -> None:
    assert measured(view(0), view(0.1)[:180]) == [None]
    shift = PictureShift()
    shift.update(view(0), 0.5, 0.5, 0)
    assert shift.update(view(0.1), 0.5, 0.5, 10**8) is None
