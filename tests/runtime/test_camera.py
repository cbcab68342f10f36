from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, cycle, repeat
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgeinfer.core.frame import Pixels
from edgeinfer.runtime.camera import FROZEN_S, CameraWatch
from edgeinfer.sources.synthetic import SyntheticSource
from edgeinfer.sources.video import VideoSource

SIZE_PX = (640, 360)
NOISE = 1.5
"""Of 255, the least that one sees of a sensor in 8 bits."""

random = np.random.default_rng(7)


def scene() -> Pixels:
    """A still one: soft shapes of every brightness."""
    coarse = np.random.default_rng(1).integers(0, 256, (9, 16, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, SIZE_PX, interpolation=cv2.INTER_CUBIC))


def with_noise(picture: Pixels, spread: float = NOISE) -> Pixels:
    noise = random.normal(0, spread, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def seen(watch: CameraWatch, picture: Callable[[], Pixels], seconds: int, begin_s: int = 0) -> str:
    """What is seen second by second, each state once."""
    states: list[str] = []
    for second in range(begin_s, begin_s + seconds):
        state = watch.look(picture(), float(second))
        states += [state] if states[-1:] != [state] else []
    return " ".join(states)


def played(path: Path, change: Callable[[Pixels], Pixels] = lambda p: p) -> Iterator[Pixels]:
    with VideoSource(VideoSource.Options(uri=str(path))) as clip:
        while (frame := clip.read()) is not None:
            yield change(np.array(frame.pixels))


@pytest.mark.parametrize("name", ["train_day", "train_night", "car_park"])
def test_a_real_camera_is_ok_by_day_and_by_night(clips: Path, name: str) -> None:
    watch = CameraWatch()
    frames = played(clips / f"{name}.mp4")
    assert {watch.look(pixels, float(second)) for second, pixels in enumerate(frames)} == {"ok"}


def test_a_real_clip_behind_a_lens_cap_is_dark(clips: Path) -> None:
    watch = CameraWatch()
    frames = played(clips / "train_day.mp4", lambda pixels: pixels // 16)
    states = [watch.look(pixels, float(second)) for second, pixels in enumerate(frames)]
    assert states == ["ok"] * 5 + ["dark"] * (len(states) - 5)


def test_a_real_clip_that_drowns_in_noise_is_noisy(clips: Path) -> None:
    watch = CameraWatch()
    frames = played(clips / "train_night.mp4", lambda pixels: with_noise(pixels, 90.0))
    states = [watch.look(pixels, float(second)) for second, pixels in enumerate(frames)]
    assert states == ["ok"] * 5 + ["noisy"] * (len(states) - 5)


def test_a_still_scene_is_ok_because_a_sensor_has_noise() -> None:
    pictures = cycle([with_noise(scene()) for _ in range(10)])
    assert seen(CameraWatch(), lambda: next(pictures), 600) == "ok"


def test_a_still_scene_is_ok_when_its_codec_repeats_a_picture_until_the_next_keyframe() -> None:
    decoded = chain.from_iterable(repeat(with_noise(scene()), 100) for _ in range(6))
    assert seen(CameraWatch(), lambda: next(decoded), 600) == "ok"


def test_the_same_picture_for_two_minutes_is_frozen_until_another_comes() -> None:
    watch, still = CameraWatch(), scene()
    assert seen(watch, lambda: still, int(FROZEN_S)) == "ok"
    assert seen(watch, lambda: still, 60, begin_s=120) == "frozen"
    assert watch.look(with_noise(still), 180.0) == "ok"


def test_a_clock_in_the_picture_does_not_hide_that_the_rest_is_frozen() -> None:
    watch, still = CameraWatch(), scene()
    digits = iter(range(1000))

    def with_clock() -> Pixels:
        shown = still.copy()
        shown[10:24, 10:50] = next(digits) * 37 % 256
        return shown

    assert seen(watch, with_clock, 200) == "ok frozen"


def test_black_and_white_without_a_shade_between_is_not_called_frozen() -> None:
    halves = np.zeros((360, 640, 3), np.uint8)
    halves[:, 320:] = 255
    assert seen(CameraWatch(), lambda: halves, 300) == "ok"


def test_a_covered_lens_is_dark_although_its_sensor_has_noise() -> None:
    black = np.full((360, 640, 3), 6, np.uint8)
    assert seen(CameraWatch(), lambda: with_noise(black, 6.0), 60) == "ok dark"


def test_a_lamp_in_the_night_is_ok() -> None:
    night = np.full((360, 640, 3), 4, np.uint8)
    night[100:150, 300:380] = 220
    assert seen(CameraWatch(), lambda: with_noise(night), 60) == "ok"


def test_a_grey_wall_and_a_fog_are_ok() -> None:
    wall = np.full((360, 640, 3), 120, np.uint8)
    assert seen(CameraWatch(), lambda: with_noise(wall, 8.0), 60) == "ok"


def test_what_comes_and_goes_within_five_seconds_is_not_told() -> None:
    watch, still = CameraWatch(), scene()
    black = np.zeros_like(still)
    pictures = iter(black if second % 8 < 5 else still for second in range(80))
    assert seen(watch, lambda: next(pictures), 80) == "ok"


def test_it_is_well_again_when_the_light_has_been_back_for_five_seconds() -> None:
    watch, still = CameraWatch(), scene()
    assert seen(watch, lambda: np.zeros_like(still), 10) == "ok dark"
    assert seen(watch, lambda: with_noise(still), 5, begin_s=10) == "dark"
    assert seen(watch, lambda: with_noise(still), 5, begin_s=15) == "ok"


def test_at_the_edge_of_darkness_it_does_not_flicker() -> None:
    watch = CameraWatch()
    levels = iter([30] * 20 + [38, 30] * 20 + [38] * 20)
    flat = np.ones((360, 640, 3), np.uint8)
    assert seen(watch, lambda: flat * next(levels), 80) == "ok dark"


def test_it_looks_once_a_second_however_many_frames_come() -> None:
    watch = CameraWatch()
    black = np.zeros((36, 64, 3), np.uint8)
    looked = [watch.look(black if frame == 0 else scene(), frame / 30) for frame in range(30)]
    assert looked == ["ok"] * 30
    assert seen(watch, lambda: black, 5, begin_s=1) == "ok dark"


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (2, 2, 3), (3, 4000, 3), (35, 63, 3)])
def test_pictures_of_every_size_can_be_looked_at(shape: tuple[int, int, int]) -> None:
    random_pixels = random.integers(0, 256, shape, np.uint8)
    assert seen(CameraWatch(), lambda: random_pixels, 3) == "ok"


def test_another_size_is_another_picture() -> None:
    watch = CameraWatch()
    sizes = iter([(640, 360), (320, 180)] * 100)
    assert seen(watch, lambda: np.full((*next(sizes), 3), 99, np.uint8), 200) == "ok"


def test_the_drawn_scene_is_never_frozen() -> None:
    options = SyntheticSource.Options(frames=300, fps=1.0, size=(320, 180))
    with SyntheticSource(options) as drawn:
        pictures = iter(drawn.read, None)
        watch = CameraWatch()
        states = {watch.look(p.pixels, float(s)) for s, p in enumerate(pictures) if p is not None}
    assert states == {"ok"}
