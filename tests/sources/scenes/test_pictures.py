"""Pictures depend on the moment alone, and show the weather and the light that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from edgeinfer.sources.scenes.air import Climate
from edgeinfer.sources.scenes.named import SCENES, make
from edgeinfer.sources.scenes.scene import Light, Weather

SIZE = 160, 120


@pytest.mark.parametrize("name", SCENES)
def test_the_same_moment_is_the_same_picture_in_any_order(name: str) -> None:
    one, other = make(name, 6, SIZE, "mixed", "mixed"), make(name, 6, SIZE, "mixed", "mixed")
    forwards = [one.draw(t_s) for t_s in (1.0, 40.0, 300.0)]
    backwards = [other.draw(t_s) for t_s in (300.0, 40.0, 1.0)][::-1]
    for (pixels, truths), (again, told) in zip(forwards, backwards, strict=True):
        assert np.array_equal(pixels, again)
        assert truths == told


@pytest.mark.parametrize("name", SCENES)
def test_another_seed_is_another_scene(name: str) -> None:
    first, second = (make(name, seed, SIZE).draw(5.0)[0] for seed in (1, 2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("size", [(16, 16), (31, 47), (320, 96), (90, 200)])
def test_any_size_can_be_drawn(name: str, size: tuple[int, int]) -> None:
    pixels, _ = make(name, 2, size, "snow", "night").draw(30.0)
    assert pixels.shape == (size[1], size[0], 3)
    assert pixels.dtype == np.uint8


@pytest.mark.parametrize("name", SCENES)
def test_it_gets_darker_from_day_to_night(name: str) -> None:
    lights: tuple[Light, ...] = ("day", "dusk", "night")
    means = [make(name, 4, SIZE, "clear", light).draw(2.0)[0].mean() for light in lights]
    assert means[0] > 1.1 * means[1] > 1.2 * means[2]


@pytest.mark.parametrize("weather", ["rain", "snow", "fog"])
def test_each_weather_changes_the_picture(weather: Weather) -> None:
    clear, other = (make("railway", 4, SIZE, kind).draw(2.0)[0] for kind in ("clear", weather))
    assert np.abs(clear.astype(int) - other).mean() > 8


def test_mixed_shows_every_weather_and_every_light_without_a_jump() -> None:
    climate = Climate(3, "mixed", "mixed")
    airs = [climate.at(t_s) for t_s in np.arange(0, 1800, 1.0)]
    for amount in ("rain", "snow", "fog", "darkness"):
        values = np.array([getattr(air, amount) for air in airs])
        assert values.min() == 0
        assert values.max() >= 0.5
        assert np.abs(np.diff(values)).max() <= 0.15


def test_a_picture_is_the_callers_own() -> None:
    scene = make("parking", 1, SIZE)
    pixels, _ = scene.draw(1.0)
    before = pixels.copy()
    pixels[:] = 0
    assert np.array_equal(scene.draw(1.0)[0], before)
