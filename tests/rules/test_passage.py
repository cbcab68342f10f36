from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edgeinfer.core.results import Classification, Detection
from edgeinfer.rules.passage import PassageRule
from tests.rules.scenes import (
    Scene,
    around,
    car,
    chance,
    in_picture,
    kinds,
    mirrored,
    moments,
    play,
    result,
    seconds_of,
    train,
    trembling,
)

RATES = (2, 3, 5, 10, 15, 30)


def passage(**options: Any) -> PassageRule:
    return PassageRule("train", PassageRule.Options(**options))


def passing(speed: float = 0.8, at_s: float = 2.0) -> Scene:
    """A train of three pictures' length that enters at `at_s`, at `speed` pictures a second."""
    return lambda seconds: train((seconds - at_s) * speed)


def until(speed: float, at_s: float = 2.0) -> float:
    """When the last of it has gone."""
    return at_s + 4 / speed


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_train_is_one_passage_with_its_direction_and_its_times(
    fps: int, *, backwards: bool
) -> None:
    def scene(seconds: float) -> list[Detection]:
        found = train((seconds - 2) * 0.8)
        return mirrored(found) if backwards else found

    started, ended = play(passage(labels=("train",)), scene, moments(fps, 12))
    assert kinds([started, ended]) == ["started", "ended"]
    assert ended.facts["direction"] == ("right_to_left" if backwards else "left_to_right")
    assert ended.facts["duration_s"] == pytest.approx(until(0.8) - 2, abs=0.3 + 2 / fps)
    assert started.facts["began"] == ended.facts["began"]
    assert seconds_of(started) < 3 + 2 / fps
    assert "speed_km_h" not in ended.facts


def test_its_best_picture_is_what_the_end_shows() -> None:
    pixels_of_best = result(4.0).frame.seq

    def scene(seconds: float) -> list[Detection]:
        return train((seconds - 2) * 0.8, score=0.9 if seconds == 4.0 else 0.6)

    ended = play(passage(), scene, moments(10, 12))[-1]
    assert (ended.shown.frame.seq, ended.facts["score"]) == (pixels_of_best, 0.9)
    assert ended.result.frame.seq > pixels_of_best, "its time is that of the end"
    assert ended.shown.frame.pixels.size, "a sink that keeps pictures gets its pixels"
    assert ended.facts["ended"] > ended.facts["began"]


def test_labels_are_treated_as_one_and_the_most_frequent_one_is_told() -> None:
    def scene(seconds: float) -> list[Detection]:
        return train((seconds - 2) * 0.8, label="bus" if 4 < seconds < 5.5 else "train")

    both = play(passage(labels=("train", "bus")), scene, moments(10, 12))
    assert [(e.kind, e.facts["label"]) for e in both] == [("started", "train"), ("ended", "train")]
    one = play(passage(labels=("train",)), scene, moments(10, 12))
    assert len(one) == 2, "what fills the picture does not leave it at once"
    hasty = passage(labels=("train",), gap_s=0.3)
    assert len(play(hasty, scene, moments(10, 12))) == 4


def test_a_label_may_have_a_threshold_of_its_own() -> None:
    def scene(seconds: float) -> list[Detection]:
        return train((seconds - 2) * 0.8, score=0.4)

    assert play(passage(scores={"train": 0.5}), scene, moments(10, 12)) == []
    assert len(play(passage(scores={"train": 0.3}), scene, moments(10, 12))) == 2


@pytest.mark.parametrize("fps", RATES)
def test_what_stands_is_no_passage_however_its_box_trembles(fps: int) -> None:
    random = chance(fps)

    def scene(_: float) -> list[Detection]:
        return trembling([car(0.5, size=0.4)], random, by=0.02)

    assert play(passage(), scene, moments(fps, 60)) == []


def test_a_train_that_stops_and_goes_on_is_one_passage() -> None:
    def front(seconds: float) -> float:
        return min((seconds - 2) * 0.5, 1.2) + max(seconds - 20, 0) * 0.5

    events = play(passage(), lambda s: train(front(s)), moments(10, 35))
    assert kinds(events) == ["started", "ended"]
    assert events[-1].facts["direction"] == "left_to_right"
    assert events[-1].facts["duration_s"] == pytest.approx(23.6, abs=0.5)


def test_a_train_that_comes_and_turns_back_went_both_ways() -> None:
    def front(seconds: float) -> float:
        return 0.8 - abs(seconds - 5) * 0.4

    events = play(passage(), lambda s: train(front(s)), moments(10, 12))
    assert kinds(events) == ["started", "ended"]
    assert events[-1].facts["direction"] == "both"


def test_two_that_meet_are_one_passage_in_both_directions() -> None:
    def scene(seconds: float) -> list[Detection]:
        x = (seconds - 2) / 3
        return in_picture([car(x, 0.4), car(1 - x, 0.8)])

    events = play(passage(), scene, moments(10, 10))
    assert kinds(events) == ["started", "ended"]
    assert events[-1].facts["direction"] == "both"


def test_two_that_meet_are_told_where_the_model_takes_them_for_one() -> None:
    """The second comes in before the first has left: one box, which goes back."""

    def scene(seconds: float) -> list[Detection]:
        first = train((seconds - 2) * 0.4, length=1.5)
        return around(first + mirrored(train((seconds - 5) * 0.4, length=1.5)))

    events = play(passage(), scene, moments(10, 15))
    assert kinds(events) == ["started", "ended"]
    assert events[-1].facts["direction"] == "both"


def test_one_after_the_other_are_two_passages() -> None:
    def scene(seconds: float) -> list[Detection]:
        return train((seconds - 2) * 2) + mirrored(train((seconds - 8) * 2))

    events = play(passage(), scene, moments(15, 14))
    assert kinds(events) == ["started", "ended"] * 2
    assert [e.facts["direction"] for e in events if e.kind == "ended"] == [
        "left_to_right",
        "right_to_left",
    ]


def test_something_that_comes_nearer_passes_with_no_direction() -> None:
    def scene(seconds: float) -> list[Detection]:
        size = 0.1 + seconds / 8
        return [car(0.5, 0.5 + size / 2, size=size)] if seconds < 6 else []

    events = play(passage(), scene, moments(10, 9))
    assert [(e.kind, e.facts["direction"]) for e in events] == [
        ("started", "unknown"),
        ("ended", "unknown"),
    ]


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_the_speed_follows_from_the_width_of_the_picture(fps: int) -> None:
    def scene(seconds: float) -> list[Detection]:
        return in_picture([car((seconds - 2) * 0.5)])

    ended = play(passage(metres_per_picture_width=20), scene, moments(fps, 8))[-1]
    assert ended.facts["speed_m_s"] == pytest.approx(10, rel=0.05)
    assert ended.facts["speed_km_h"] == pytest.approx(36, rel=0.05)


def test_classifications_are_no_motion() -> None:
    scene: Scene = lambda _: [Classification("train", 0.9)]  # noqa: E731 - a scene is a function
    assert play(passage(), scene, moments(10, 20)) == []


@given(
    seed=st.integers(0, 10_000),
    fps=st.floats(2, 30),
    speed=st.floats(0.3, 1.5),
    misses=st.floats(0, 0.2),
    backwards=st.booleans(),
)
# Three lone mistakes, seconds apart, that the tracker takes for one object on its way.
@example(
    seed=4842,
    fps=22.3415444247721,
    speed=0.6843015293763088,
    misses=0.07825381057453283,
    backwards=True,
)
@settings(max_examples=80, deadline=None)
def test_it_is_one_passage_and_never_the_wrong_way_whatever_the_detector_does(
    *, seed: int, fps: float, speed: float, misses: float, backwards: bool
) -> None:
    """Jitter, misses, double boxes, another label, lone mistakes, frames at uneven times."""
    random, mistakes = chance(seed), [-9.0]
    speed = min(speed, fps / 6)  # at least some frames show where it comes in

    def scene(seconds: float) -> list[Detection]:
        if random.random() < misses:
            return []
        found = trembling(
            train((seconds - 3) * speed, label=random.choice(["train", "bus"])), random
        )
        if found and random.random() < 0.3:
            found.append(Detection("bus", random.uniform(0.5, 0.7), found[0].box))
        if random.random() < 0.02 and seconds - mistakes[-1] > 2:
            mistakes.append(seconds)
            found.append(car(random.random(), label="train", score=random.uniform(0.5, 0.6)))
        return mirrored(found) if backwards else found

    over = until(speed, 3)
    events = play(
        passage(labels=("train", "bus"), gap_s=3.0), scene, moments(fps, over + 14, random)
    )
    whole = [e for e in events if e.kind == "ended"]
    assert len(whole) == 1
    wanted = "right_to_left" if backwards else "left_to_right"
    assert whole[0].facts["direction"] in (wanted, "unknown")
    assert whole[0].facts["duration_s"] == pytest.approx(over - 3, abs=1.0 + 4 / fps)
