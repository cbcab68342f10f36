from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeinfer.core.results import Detection
from edgeinfer.rules.crossing import CrossingRule
from tests.rules.scenes import car, chance, in_picture, kinds, moments, play, trembling

# Walked upwards: `in` is from left to right.
MIDDLE = ((0.5, 1.0), (0.5, 0.0))


def crossing(**options: Any) -> CrossingRule:
    return CrossingRule("gate", CrossingRule.Options(**{"line": MIDDLE} | options))


@pytest.mark.parametrize("fps", [2, 5, 10, 30])
def test_each_way_is_counted_by_itself_and_by_label(fps: int) -> None:
    def scene(seconds: float) -> list[Detection]:
        x = seconds / 5
        return in_picture([car(x, 0.4), car(1 - x, 0.8, label="bus")])

    events = play(crossing(), scene, moments(fps, 5))
    assert sorted(kinds(events)) == ["in", "out"]
    last = events[-1].facts
    assert (last["in"], last["out"]) == (1, 1)
    assert last["by_label"] == {"in": {"car": 1}, "out": {"bus": 1}}


def test_whoever_turns_the_line_around_turns_the_direction() -> None:
    turned = crossing(line=MIDDLE[::-1])
    assert kinds(play(turned, lambda s: [car(s / 5)], moments(10, 5))) == ["out"]


def test_who_stands_on_the_line_and_trembles_does_not_cross_it() -> None:
    random = chance(3)
    events = play(crossing(), lambda _: trembling([car(0.5)], random, 0.005), moments(30, 60))
    assert events == []


def test_who_steps_over_and_comes_back_is_out_again() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [car(0.7 - abs(seconds - 5) * 0.1)]

    events = play(crossing(), scene, moments(10, 10))
    assert kinds(events) == ["in", "out"]
    assert {event.facts["track"] for event in events} == {1}


def test_one_box_beyond_the_line_is_a_mistake() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [car(0.55 if seconds == 3 else 0.45)]

    assert play(crossing(), scene, moments(10, 10)) == []
    assert kinds(play(crossing(frames=1), scene, moments(10, 10))) == ["in", "out"]


def test_who_goes_around_the_end_of_the_line_does_not_cross_it() -> None:
    short = crossing(line=((0.5, 0.4), (0.5, 0.0)))
    assert play(short, lambda s: [car(s / 5, 0.8)], moments(10, 5)) == []
    assert kinds(play(short, lambda s: [car(s / 5, 0.3)], moments(10, 5))) == ["in"]


def test_who_first_appears_beyond_the_line_has_not_crossed_it() -> None:
    assert play(crossing(), lambda s: [car(0.55 + s / 20)], moments(10, 5)) == []


def test_the_label_is_what_the_model_says_most_often() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [car(seconds / 5, label="truck" if 2.4 < seconds < 3.5 else "car")]

    (event,) = play(crossing(), scene, moments(10, 5))
    assert event.facts["label"] == "car"


@pytest.mark.parametrize("fps", [2, 10, 30])
def test_the_speed_follows_from_the_width_of_the_picture(fps: int) -> None:
    (event,) = play(crossing(metres_per_picture_width=50), lambda s: [car(s / 5)], moments(fps, 5))
    assert event.facts["speed_m_s"] == pytest.approx(10, rel=0.06)


def test_a_speed_upwards_reckons_with_the_shape_of_the_picture() -> None:
    rule = crossing(line=((0, 0.5), (1, 0.5)), metres_per_picture_width=16)
    (event,) = play(rule, lambda s: [car(0.5, s / 5)], moments(10, 5))
    assert event.kind == "in", "walked to the right, the right hand is below"
    assert event.facts["speed_m_s"] == pytest.approx(9 / 5, rel=0.06)  # the scene has 160 x 90


@given(st.integers(0, 10_000), st.floats(3, 30), st.booleans())
@settings(max_examples=60, deadline=None)
def test_everyone_is_counted_once_whatever_the_rate_and_the_jitter(
    seed: int, fps: float, right: bool
) -> None:
    random = chance(seed)

    def scene(seconds: float) -> list[Detection]:
        x = seconds / 6 if right else 1 - seconds / 6
        found = [] if int(seconds * fps) % 6 == 3 else [car(x)]
        return trembling(found, random)

    events = play(crossing(), scene, moments(fps, 6, random))
    assert kinds(events) == ["in" if right else "out"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (((0.5, 0.5), (0.5, 0.5)), "has no length; give two points that lie apart"),
        (((0.5, 0.5), (0.5, 2.0)), "[0.5, 2] outside the picture"),
    ],
)
def test_what_is_no_line_is_refused(line: Any, message: str) -> None:
    with pytest.raises(ValueError, match="line") as raised:
        crossing(line=line)
    assert message in str(raised.value)
