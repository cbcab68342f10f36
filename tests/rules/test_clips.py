"""The passage rule on real trains, and on what cv2 makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgeinfer.assembly import open_pipeline, open_source
from edgeinfer.core.frame import Frame, Pixels
from edgeinfer.core.results import Classification, Detection, Event, Result
from edgeinfer.pipeline import Pipeline
from edgeinfer.rules.passage import PassageRule
from edgeinfer.trackers.iou import IouTracker
from tests.rules.scenes import kinds, tracked

FAINT = 0.2
Change = Callable[[Pixels], Pixels]


@pytest.fixture(scope="module")
def detector(models: Path) -> Pipeline:
    assert models.is_dir()
    return open_pipeline("coco_ssd_mobilenet_v1", min_score=FAINT)


@pytest.fixture(scope="module")
def frames(clips: Path) -> dict[str, list[Frame]]:
    return {name: _read(clips / f"{name}.mp4") for name in ("train_day", "train_night")}


@pytest.fixture(scope="module")
def results(detector: Pipeline, frames: dict[str, list[Frame]]) -> dict[str, list[Result]]:
    """Found once, with faint boxes too: a test takes what its threshold leaves."""
    return {name: [detector.run(frame) for frame in read] for name, read in frames.items()}


@pytest.fixture(scope="module")
def truth(clips: Path) -> Any:
    return json.loads((clips / "truth.json").read_text())


def _read(path: Path) -> list[Frame]:
    with open_source(str(path)) as source:
        return list(iter(source.read, None))


def seconds(results: list[Result], ns: int) -> float:
    return (ns - results[0].frame.captured_ns) / 1e9


def watch(results: list[Result], min_score: float = 0.5, **options: Any) -> list[Event]:
    """What the rule says of a clip, with a model of that threshold."""
    scores = {"train": min_score} if min_score < 0.5 else {}
    rule = PassageRule("train", PassageRule.Options(labels=("train",), scores=scores, **options))
    tracker = IouTracker()
    return [
        event for one in results for event in rule.update(tracked(tracker, _above(one, min_score)))
    ]


def _above(one: Result, least: float) -> Result:
    found = [f for f in one.findings if isinstance(f, Detection | Classification)]
    return replace(one, findings=tuple(f for f in found if f.score >= least))


def later(one: Result, ns: int) -> Result:
    frame = one.frame
    moved = replace(frame, captured_ns=frame.captured_ns + ns, wall_ns=frame.wall_ns + ns)
    return replace(one, frame=moved)


def slower(results: list[Result], factor: float) -> list[Result]:
    """The same pictures, as if each took so much longer."""
    start = results[0].frame.captured_ns
    return [later(one, round((one.frame.captured_ns - start) * (factor - 1))) for one in results]


def test_the_train_of_the_day_is_one_passage_in_time(
    results: dict[str, list[Result]], truth: Any
) -> None:
    started, ended = watch(results["train_day"])
    assert kinds([started, ended]) == ["started", "ended"]
    (real,) = truth["train_day.mp4"]["passages"]
    assert ended.facts["direction"] == real["direction"]
    fps = truth["train_day.mp4"]["fps"]
    first = results["train_day"][real["first_frame"]].frame.wall_ns / 1e9
    assert _unix(ended.facts["began"]) == pytest.approx(first, abs=0.5)
    last = first + (real["last_frame"] - real["first_frame"]) / fps
    assert _unix(ended.facts["ended"]) == pytest.approx(last, abs=0.5)
    assert ended.facts["score"] > 0.75
    assert ended.result.frame.pixels.size


def _unix(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize("step", [2, 3, 5, 6])
@pytest.mark.parametrize("name", ["train_day", "train_night"])
@pytest.mark.parametrize("min_score", [0.5, 0.4, 0.3])
def test_fewer_frames_never_turn_the_train_around(
    results: dict[str, list[Result]], truth: Any, step: int, name: str, min_score: float
) -> None:
    wanted = truth[f"{name}.mp4"]["passages"][0]["direction"]
    for phase in range(step):
        events = watch(results[name][phase::step], min_score)
        assert {event.facts["direction"] for event in events} <= {wanted, "unknown"}
        assert kinds(events) in ([], ["started"], ["started", "ended"])


def test_the_night_has_no_event_outside_the_passage(
    results: dict[str, list[Result]], truth: Any
) -> None:
    assert watch(results["train_night"]) == [], "a model that never saw trains at night"
    night, (real,) = results["train_night"], truth["train_night.mp4"]["passages"]
    for min_score in (0.4, 0.3, 0.2):
        started, ended = watch([*night, *_empty_after(night, 90)], min_score)
        assert kinds([started, ended]) == ["started", "ended"]
        assert ended.facts["direction"] == "left_to_right"
        ends = (real["first_frame"], real["last_frame"])
        first, last = (night[frame].frame.wall_ns / 1e9 for frame in ends)
        assert first <= _unix(ended.facts["began"]) < _unix(ended.facts["ended"]) <= last
        assert first <= started.result.frame.wall_ns / 1e9 <= last


@pytest.mark.parametrize("factor", [0.5, 2.0, 4.0])
def test_a_slower_and_a_faster_train_are_one_passage_too(
    results: dict[str, list[Result]], factor: float
) -> None:
    waiting = _empty_after(results["train_day"])
    events = watch(slower([*results["train_day"], *waiting], factor))
    assert kinds(events) == ["started", "ended"]
    assert events[-1].facts["direction"] == "right_to_left"
    assert events[-1].facts["duration_s"] == pytest.approx(4.0 * factor, abs=0.5 * factor)


def _empty_after(results: list[Result], frames: int = 40) -> list[Result]:
    last = replace(results[-1], findings=())
    return [later(last, n * 10**9 // 30) for n in range(1, frames)]


def test_the_speed_is_the_same_at_every_frame_rate(results: dict[str, list[Result]]) -> None:
    """Nobody measured this place; 12 m are as good as any other width."""
    speeds = [
        watch(results["train_day"][::step], metres_per_picture_width=12)[-1].facts["speed_km_h"]
        for step in (1, 2, 3)
    ]
    assert speeds == pytest.approx([speeds[0]] * 3, rel=0.03)


def mirrored(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


def darker(pixels: Pixels) -> Pixels:
    return (pixels * 0.5).astype(np.uint8)


def noisy(pixels: Pixels) -> Pixels:
    noise = np.random.default_rng(int(pixels[::9].sum())).normal(0, 10, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def blurred(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.5), np.uint8)


def cropped(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[20:, 15:-15])


@pytest.mark.parametrize(
    ("change", "direction"),
    [
        (mirrored, "left_to_right"),
        (darker, "right_to_left"),
        (noisy, "right_to_left"),
        (blurred, "right_to_left"),
        (cropped, "right_to_left"),
    ],
)
def test_other_pictures_of_the_train_are_the_same_passage(
    detector: Pipeline, frames: dict[str, list[Frame]], change: Change, direction: str
) -> None:
    """At a third of the frames, as a Pi would take."""
    changed = [replace(f, pixels=change(f.pixels)) for f in frames["train_day"][::3]]
    events = watch([detector.run(frame) for frame in changed])
    assert kinds(events) == ["started", "ended"]
    assert events[-1].facts["direction"] == direction
    assert events[-1].facts["duration_s"] == pytest.approx(4.1, abs=1.0)
