from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection
from edgeinfer.trackers.iou import IouTracker
from tests.rules.scenes import car, chance, in_picture, trembling

RATES = (1, 2, 5, 10, 15, 30)


def numbers(tracker: IouTracker, found: Sequence[Detection], seconds: float) -> list[int | None]:
    return [one.track for one in tracker.update(found, round(seconds * 1e9))]


def test_what_comes_out_is_what_went_in_with_a_number() -> None:
    found = [car(0.3), car(0.7, label="bus")]
    updated = IouTracker().update(found, 0)
    assert [(d.label, d.score, d.box) for d in updated] == [
        (d.label, d.score, d.box) for d in found
    ]
    assert [d.track for d in updated] == [1, 2]


@pytest.mark.parametrize("fps", RATES)
def test_an_object_that_crosses_the_picture_keeps_its_number_at_any_rate(fps: int) -> None:
    tracker = IouTracker()
    seen = {
        one.track
        for n in range(4 * fps)
        for one in tracker.update(in_picture([car(n / fps / 4)]), n * 10**9 // fps)
    }
    assert seen == {1}


@pytest.mark.parametrize("fps", RATES)
def test_two_that_pass_each_other_keep_their_numbers(fps: int) -> None:
    """One behind the other, as two cars on two lanes."""
    tracker = IouTracker()
    for n in range(4 * fps):
        x = n / fps / 4
        there, back = tracker.update([car(x, 0.4), car(1 - x, 0.6)], n * 10**9 // fps)
        assert (there.track, back.track) == (1, 2), x


def test_a_number_survives_misses_and_a_short_occlusion() -> None:
    tracker = IouTracker()
    for n in range(60):
        hidden = 20 <= n < 32 or n % 5 == 3  # 0.4 s at 30 fps behind a tree
        found = [] if hidden else [car(0.2 + n / 100)]
        assert numbers(tracker, found, n / 30) == [1] * len(found)


def test_what_was_away_for_longer_is_another_object() -> None:
    tracker = IouTracker(IouTracker.Options(keep_s=3.0))
    assert numbers(tracker, [car(0.5)], 0.0) == [1]
    assert numbers(tracker, [car(0.5)], 3.0) == [1]
    assert [numbers(tracker, [], seconds) for seconds in (4.0, 5.0, 6.0)] == [[]] * 3
    assert numbers(tracker, [car(0.5)], 6.1) == [2]


@pytest.mark.parametrize("fps", [0.02, 0.1, 0.3, 0.5])
def test_at_few_frames_a_number_survives_two_misses_all_the_same(fps: float) -> None:
    tracker = IouTracker()
    for n in range(40):
        found = [] if n % 8 in (4, 5) else [car(0.5)]
        assert numbers(tracker, found, n / fps) == [1] * len(found), n


def test_a_faint_box_may_be_made_to_continue_tracks_and_begin_none() -> None:
    tracker = IouTracker(IouTracker.Options(new_score=0.5))
    faint, elsewhere = car(0.5, score=0.3), car(0.1, score=0.3)
    assert numbers(tracker, [faint], 0.0) == [None]
    assert numbers(tracker, [car(0.5)], 0.1) == [1]
    assert numbers(tracker, [elsewhere, faint], 0.2) == [None, 1]


def test_clear_boxes_choose_before_faint_ones() -> None:
    tracker = IouTracker()
    tracker.update([car(0.5)], 0)
    assert numbers(tracker, [car(0.5, score=0.3), car(0.53)], 0.1) == [2, 1]


def test_a_track_survives_a_change_of_label() -> None:
    tracker = IouTracker()
    labels = ["train", "train", "bus", "bus", "train"]
    found = [numbers(tracker, [car(0.5, label=label)], n / 10) for n, label in enumerate(labels)]
    assert found == [[1]] * 5
    strict = IouTracker(IouTracker.Options(across_labels=False))
    assert [numbers(strict, [car(0.5, label=label)], n / 10) for n, label in enumerate(labels)] == [
        [1], [1], [2], [2], [1],
    ]  # fmt: skip


def test_a_rider_and_the_bicycle_keep_apart_though_they_overlap() -> None:
    tracker = IouTracker()
    for n in range(20):
        x = 0.2 + n / 40
        person = Detection("person", 0.7, Box(x, 0.2, x + 0.1, 0.7))
        bicycle = Detection("bicycle", 0.6, Box(x - 0.05, 0.4, x + 0.15, 0.8))
        found = [bicycle] if n % 3 == 2 else [person, bicycle]
        wanted = {"person": 1, "bicycle": 2}
        assert numbers(tracker, found, n / 10) == [wanted[d.label] for d in found]


def test_parked_cars_side_by_side_keep_their_numbers_at_one_frame_a_second() -> None:
    tracker, random = IouTracker(IouTracker.Options(keep_s=6)), chance(4)
    row = [car(0.1 + 0.13 * n, size=0.12) for n in range(7)]
    tracker.update(row, 0)
    for second in range(1, 60):
        shown = [n for n in range(7) if random.random() > 0.15]
        found = trembling([row[n] for n in shown], random)
        assert numbers(tracker, found, second) == [n + 1 for n in shown]


@given(st.integers(0, 10_000), st.floats(2, 30), st.sampled_from((-1, 1)))
@settings(max_examples=60, deadline=None)
def test_one_object_is_one_number_whatever_the_rate_the_jitter_and_the_misses(
    seed: int, fps: float, way: int
) -> None:
    random, tracker, seen = chance(seed), IouTracker(), set[int | None]()
    for n in range(int(4 * fps)):
        seconds = (n + random.uniform(-0.3, 0.3)) / fps
        if n % 4 != 2 and (n < 2 or random.random() > 0.1):
            found = trembling([car(0.5 + way * (seconds - 2) / 5)], random)
            seen |= {one.track for one in tracker.update(found, round(seconds * 1e9))}
        else:
            tracker.update([], round(seconds * 1e9))
    assert seen == {1}


def test_frames_that_come_at_the_same_moment_do_no_harm() -> None:
    tracker = IouTracker()
    assert [numbers(tracker, [car(0.5)], 1.0) for _ in range(3)] == [[1]] * 3
