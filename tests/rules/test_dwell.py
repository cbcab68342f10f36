from __future__ import annotations

import pytest

from edgeinfer.core.results import Detection
from edgeinfer.rules.dwell import DwellRule
from tests.rules.scenes import car, kinds, moments, play, seconds_of

DOOR = ((0.4, 0.3), (0.6, 0.3), (0.6, 0.7), (0.4, 0.7))
OPTIONS = DwellRule.Options(polygon=DOOR, longer_s=10, labels=("person",))


def person(x: float) -> Detection:
    return car(x, label="person", size=0.1)


@pytest.mark.parametrize("fps", [0.05, 0.1, 0.3, 0.5])
def test_at_few_frames_the_gaps_are_those_of_the_frames(fps: float) -> None:
    def scene(seconds: float) -> list[Detection]:
        n = round(seconds * fps)
        return [person(0.5)] if 2 <= n < 32 and n % 8 not in (4, 5) else []

    dwelling, left = play(DwellRule("door", OPTIONS), scene, moments(fps, 40 / fps))
    assert kinds([dwelling, left]) == ["dwelling", "left"]
    assert left.facts["duration_s"] == pytest.approx(29 / fps, abs=1)
    assert dwelling.facts["track"] == left.facts["track"] == 1


def test_a_rate_that_falls_at_once_ends_no_stay() -> None:
    """As behind a motion gate, or when the supply sags."""
    times = [*moments(10, 20), *(20 + n * 5 for n in range(20))]
    assert kinds(play(DwellRule("door", OPTIONS), lambda _: [person(0.5)], times)) == ["dwelling"]


def test_nobody_is_taken_to_have_stayed_while_no_frame_came_for_minutes() -> None:
    times = [*moments(10, 20), *(n + 200 for n in moments(10, 5))]
    events = play(DwellRule("door", OPTIONS), lambda _: [person(0.5)], times)
    assert kinds(events) == ["dwelling", "left"]
    assert events[1].facts["duration_s"] == pytest.approx(20, abs=0.2)


@pytest.mark.parametrize("fps", [1, 5, 30])
def test_who_stays_is_told_in_time_and_how_long_in_the_end(fps: int) -> None:
    def scene(seconds: float) -> list[Detection]:
        missed = int(seconds * fps) % 6 == 4
        return [person(0.5)] if 5 <= seconds < 35 and not missed else []

    dwelling, left = play(DwellRule("door", OPTIONS), scene, moments(fps, 60))
    assert kinds([dwelling, left]) == ["dwelling", "left"]
    assert seconds_of(dwelling) == pytest.approx(15, abs=2 / fps)
    assert left.facts["duration_s"] == pytest.approx(30, abs=2 / fps)
    assert left.facts["began"] == "2026-11-24T12:00:05.000Z"
    assert dwelling.facts["track"] == left.facts["track"] == 1


def test_who_only_passes_or_stays_outside_is_not_told() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [person(0.1), person(seconds / 30), car(0.5)]

    assert play(DwellRule("door", OPTIONS), scene, moments(10, 30)) == []


def test_who_comes_back_later_begins_again() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [person(0.5 if seconds % 9 < 6 else 0.7)]

    assert play(DwellRule("door", OPTIONS), scene, moments(10, 60)) == []


def test_each_of_two_is_told() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [person(0.45)] + ([person(0.55)] if seconds > 5 else [])

    events = play(DwellRule("door", OPTIONS), scene, moments(10, 20))
    assert [event.facts["track"] for event in events] == [1, 2]
