from __future__ import annotations

import numpy as np
import pytest

from edgeinfer.core.frame import Pixels
from edgeinfer.core.geometry import WHOLE, Region
from edgeinfer.motion import Motion
from tests.footage import FPS, Footage


def moved(pictures: list[Pixels], region: Region = WHOLE, sensitivity: float = 1.0) -> list[bool]:
    motion = Motion(region, sensitivity)
    return [motion.update(one, round(n / FPS * 1e9)) for n, one in enumerate(pictures)]


def after(seconds: float, seen: list[bool]) -> list[bool]:
    return seen[round(seconds * FPS) :]


@pytest.mark.parametrize(("level", "noise"), [(120, 3.0), (120, 10.0), (12, 8.0), (0, 12.0)])
def test_noise_is_not_motion_by_day_and_by_night(level: int, noise: float) -> None:
    footage = Footage(level=level, noise=noise)
    seen = moved([footage.picture() for _ in range(round(20 * FPS))])
    assert not any(after(10, seen))
    assert sum(seen) <= 0.02 * len(seen)


@pytest.mark.parametrize("crossing_s", [2, 10, 40])
@pytest.mark.parametrize("contrast", [25, -40])
def test_an_object_of_a_thirtieth_of_the_width_is_seen_all_its_way(
    crossing_s: int, contrast: int
) -> None:
    footage = Footage(noise=4.0)
    still = [footage.picture() for _ in range(round(10 * FPS))]
    steps = round(crossing_s * FPS)
    way = [footage.picture(at=n / steps, contrast=contrast) for n in range(steps)]
    seen = after(10, moved([*still, *way]))
    assert np.flatnonzero([*seen, True])[0] <= max(2, 0.02 * steps), "where it comes in"
    assert longest_gap(seen) <= 1.0 * FPS


def longest_gap(seen: list[bool]) -> int:
    gap = longest = 0
    for one in seen:
        gap = 0 if one else gap + 1
        longest = max(gap, longest)
    return longest


def test_a_step_of_the_exposure_is_motion_until_it_has_become_usual() -> None:
    footage = Footage(noise=3.0)
    before = [footage.picture() for _ in range(round(10 * FPS))]
    footage.level += 30
    seen = after(10, moved([*before, *(footage.picture() for _ in range(round(40 * FPS)))]))
    assert all(seen[: round(FPS)])
    assert not any(after(30, seen))


def test_the_light_of_a_day_that_ends_is_no_motion() -> None:
    """From 200 to black in ten minutes."""
    footage = Footage(level=200, noise=3.0)
    seen: list[bool] = []
    motion = Motion(WHOLE)
    for second in range(600):
        footage.level = 200 - second / 3
        seen.append(motion.update(footage.picture(), second * 10**9))
    assert sum(seen) <= 0.02 * len(seen)


def test_drops_and_flakes_are_no_motion() -> None:
    footage = Footage(noise=3.0)
    seen = moved([footage.picture(drops=60) for _ in range(round(40 * FPS))])
    assert sum(after(20, seen)) <= 0.1 * 20 * FPS


def test_what_moves_outside_the_region_is_not_looked_at() -> None:
    footage = Footage(noise=3.0)
    steps = round(10 * FPS)
    pictures = [footage.picture(at=n / steps, contrast=80) for n in range(steps)]
    below = (0.0, 0.6, 1.0, 1.0)  # it moves along the middle
    assert sum(moved(pictures, below)) == 1, "the first picture"
    assert all(moved(pictures, (0.0, 0.3, 1.0, 1.0))[5:-5])


def test_a_branch_that_always_waves_becomes_usual_and_what_comes_by_is_seen_all_the_same() -> None:
    footage = Footage(noise=3.0)
    motion = Motion(WHOLE)
    seen = []
    for n in range(round(120 * FPS)):
        waves = 18 if n // 7 % 2 else 0
        seen.append(motion.update(footage.picture(at=0.3, contrast=waves), round(n / FPS * 1e9)))
    assert any(seen[: round(5 * FPS)])
    assert not any(after(90, seen))
    assert motion.update(footage.picture(at=0.3, contrast=90), round(120.1e9))


def test_more_sensitive_is_less_change() -> None:
    footage = Footage(noise=1.0)
    still = [footage.picture() for _ in range(round(5 * FPS))]
    faint = [footage.picture(at=0.5, contrast=8) for _ in range(3)]
    assert after(5, moved([*still, *faint], sensitivity=0.5)) == [False] * 3
    assert after(5, moved([*still, *faint], sensitivity=3.0)) == [True] * 3


@pytest.mark.parametrize("shape", [(1, 1, 3), (4, 6, 3), (1, 900, 3), (900, 1, 3), (1080, 1920, 3)])
@pytest.mark.parametrize("region", [WHOLE, (0.0, 0.0, 0.001, 0.001), (0.99, 0.99, 1.0, 1.0)])
def test_any_picture_and_any_region_can_be_looked_at(
    shape: tuple[int, int, int], region: Region
) -> None:
    motion = Motion(region)
    assert motion.update(np.zeros(shape, np.uint8), 0)
    assert not motion.update(np.zeros(shape, np.uint8), 10**9)
    assert motion.update(np.full(shape, 200, np.uint8), 2 * 10**9)
    other = (shape[0] + 1, *shape[1:])
    assert motion.update(np.full(other, 200, np.uint8), 3 * 10**9), "of another size"
