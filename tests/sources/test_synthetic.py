from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgeinfer.core.frame import Frame
from edgeinfer.sources.scenes import named
from edgeinfer.sources.scenes.signs import PASS_FRAMES, draw
from edgeinfer.sources.synthetic import SyntheticSource

STOP_SIGN = 12  # of the COCO labels, counted from person = 0


def source(**options: Any) -> SyntheticSource:
    return SyntheticSource(SyntheticSource.Options(**options))


def read(synthetic: SyntheticSource, count: int) -> list[Frame]:
    with synthetic:
        frames = [synthetic.read() for _ in range(count)]
    return [frame for frame in frames if frame is not None]


def test_finite_it_gives_so_many_frames_at_the_clock_of_its_rate() -> None:
    frames = read(source(frames=5, fps=10), 6)
    assert [frame.seq for frame in frames] == [0, 1, 2, 3, 4]
    assert {b.captured_ns - a.captured_ns for a, b in pairwise(frames)} == {100_000_000}
    assert {b.wall_ns - a.wall_ns for a, b in pairwise(frames)} == {100_000_000}


def test_endless_it_is_live_and_keeps_a_cameras_pace() -> None:
    synthetic = source(fps=50)
    assert synthetic.live
    began_ns = time.monotonic_ns()
    frames = read(synthetic, 6)
    assert frames[-1].captured_ns - began_ns >= 5 / 50 * 1e9


def test_a_frame_depends_on_seed_and_number_alone() -> None:
    first, again = read(source(frames=9, seed=3), 9), read(source(frames=9, seed=3), 9)
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))
    assert np.array_equal(draw(3, 8, 640, 480), first[8].rgb)
    assert not np.array_equal(draw(4, 8, 640, 480), first[8].rgb)


def test_something_moves_from_frame_to_frame() -> None:
    frames = read(source(frames=40), 40)
    assert all(not np.array_equal(a.pixels, b.pixels) for a, b in pairwise(frames[10:30]))


def test_size_rotation_and_region_are_honoured() -> None:
    (whole,) = read(source(frames=1), 1)
    assert whole.pixels.shape == (480, 640, 3)
    (turned,) = read(source(frames=1, size=(320, 240), rotation=90), 1)
    assert np.array_equal(turned.pixels, np.rot90(draw(0, 0, 320, 240), -1))
    (part,) = read(source(frames=1, region=(0.5, 0.25, 1, 0.75)), 1)
    assert np.array_equal(part.pixels, whole.pixels[120:360, 320:640])


@pytest.mark.parametrize("size", [(16, 16), (31, 17), (1920, 1080), (480, 640)])
def test_any_size_can_be_drawn(size: tuple[int, int]) -> None:
    assert draw(0, PASS_FRAMES // 2, *size).shape == (size[1], size[0], 3)


def test_opened_again_it_begins_anew_and_the_numbers_go_on() -> None:
    synthetic = source(frames=2)
    first, second = read(synthetic, 3), read(synthetic, 3)
    assert [frame.seq for frame in first + second] == [0, 1, 2, 3]
    assert np.array_equal(first[0].pixels, second[0].pixels)
    assert synthetic.name == "synthetic:signs"


def test_a_real_detector_sees_the_stop_sign_most_of_the_time(models: Path) -> None:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    model = models / "coco_ssd_mobilenet_v1_1.0_quant.tflite"
    detector = litert.Interpreter(str(model), num_threads=1)
    detector.allocate_tensors()
    wanted = detector.get_input_details()[0]["index"]
    _, classes, scores, _ = (output["index"] for output in detector.get_output_details())
    seen = []
    for index in range(0, 2 * PASS_FRAMES, 10):
        small = cv2.resize(draw(0, index, 640, 480), (300, 300), interpolation=cv2.INTER_AREA)
        detector.set_tensor(wanted, small[None])
        detector.invoke()
        found = detector.get_tensor(classes)[0].astype(int) == STOP_SIGN
        seen.append(bool((detector.get_tensor(scores)[0][found] >= 0.5).any()))
    assert sum(seen) >= 0.7 * len(seen)


@pytest.mark.parametrize("scene", ["railway", "parking"])
def test_a_scene_with_a_truth_gives_the_pictures_of_that_scene(scene: str) -> None:
    options = {"scene": scene, "seed": 4, "size": (96, 64), "weather": "snow", "light": "dusk"}
    frames = read(source(frames=3, fps=2, **options), 4)
    drawn = named.make(scene, 4, (96, 64), "snow", "dusk")
    assert len(frames) == 3
    assert np.array_equal(frames[2].rgb, drawn.draw(1.0)[0])


def test_signs_have_no_weather() -> None:
    with pytest.raises(ValueError, match="choose railway or parking"):
        source(weather="rain")
