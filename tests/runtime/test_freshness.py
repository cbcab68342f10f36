from __future__ import annotations

from random import Random

import pytest

from edgeinfer.sections import Limits
from tests.runtime.camera_plant import CameraPlant


def crowded(_at_s: float, random: Random) -> float:
    """17 ms, and now and then another program is first."""
    return 0.017 + random.uniform(0, 0.003) + (random.random() < 0.03) * random.uniform(0.01, 0.03)


def heavy(_at_s: float, random: Random) -> float:
    return random.uniform(0.036, 0.044)


def too_slow(_at_s: float, random: Random) -> float:
    return random.uniform(0.06, 0.07)


def a_bad_minute(at_s: float, random: Random) -> float:
    """Three times as slow, for a minute."""
    return crowded(at_s, random) * (3 if 30 <= at_s < 90 else 1)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("limit_ms", [26, 42])
def test_a_limit_just_above_the_work_gives_nearly_every_frame(limit_ms: float, seed: int) -> None:
    plant = CameraPlant(Limits(max_latency_ms=limit_ms), crowded, seed)
    plant.run(120)
    assert plant.p95_ms(10, 120) <= limit_ms
    assert plant.fps(10, 120) > 0.9 * 30


def test_a_bad_minute_is_forgotten_within_seconds() -> None:
    plant = CameraPlant(Limits(max_latency_ms=28), a_bad_minute)
    plant.run(120)
    assert plant.fps(40, 90) == pytest.approx(0.5, rel=0.3)  # one is tried every other second
    assert plant.fps(93, 120) > 0.9 * 30
    assert plant.p95_ms(93, 120) <= 28


def test_where_the_age_decides_old_frames_are_left_and_the_limit_holds() -> None:
    free = CameraPlant(Limits(), heavy)
    held = CameraPlant(Limits(max_latency_ms=58), heavy)
    for plant in (free, held):
        plant.run(60)
    assert free.p95_ms(10, 60) > 1.15 * 58
    assert held.p95_ms(10, 60) <= 58
    assert held.fps(10, 60) >= 0.95 * 15  # every other frame of the camera
    assert held.scheduler.binds == "latency"


def test_the_limit_holds_at_a_low_rate_too() -> None:
    plant = CameraPlant(Limits(max_latency_ms=28, max_fps=7), crowded)
    plant.run(120)
    assert plant.p95_ms(10, 120) <= 28
    assert plant.fps(10, 120) == pytest.approx(7, rel=0.03)
    assert plant.scheduler.binds == "max_fps"


def test_a_model_that_is_too_slow_asks_for_a_smaller_one() -> None:
    plant = CameraPlant(Limits(max_latency_ms=50, min_fps=2), too_slow)
    wanted = []
    for second in range(10, 40):
        plant.run(second)
        wanted.append(plant.scheduler.wanted_fps)
    assert set(wanted) == {0.0}
    assert plant.scheduler.binds == "latency"
    assert plant.fps(10, 40) == pytest.approx(2, rel=0.1)  # the least rate is kept to


def test_without_a_limit_nothing_is_stale() -> None:
    plant = CameraPlant(Limits(), too_slow)
    plant.run(20)
    assert not plant.scheduler.is_stale(1e6, 1e6)
    assert plant.scheduler.wanted_fps is None


def test_of_frames_that_are_late_now_and_then_the_freshest_still_start() -> None:
    """A fifth comes too late, whatever is done: four fifths in time are worth having."""

    def work_s(_at_s: float, random: Random) -> float:
        return 0.05 if random.random() < 0.2 else 0.017

    plant = CameraPlant(Limits(max_latency_ms=30), work_s)
    plant.run(60)
    assert plant.fps(10, 60) > 10
    assert plant.scheduler.wanted_fps == 0
    assert plant.scheduler.binds == "latency"
