from __future__ import annotations

from typing import Any

import pytest

from edgeinfer.core.results import Detection
from edgeinfer.rules.zone import ZoneRule
from tests.rules.scenes import car, chance, kinds, moments, play, seconds_of, trembling

BAY = ((0.4, 0.3), (0.6, 0.3), (0.6, 0.7), (0.4, 0.7))


def zone(**options: Any) -> ZoneRule:
    return ZoneRule("bay", ZoneRule.Options(polygon=BAY, **options))


@pytest.mark.parametrize("fps", [1, 5, 15])
@pytest.mark.parametrize("seed", range(3))
def test_a_bay_is_occupied_and_free_once_each(fps: int, seed: int) -> None:
    """While its neighbours stay, the detector misses one frame in seven, and boxes tremble."""
    random = chance(seed)

    def scene(seconds: float) -> list[Detection]:
        row = [car(0.2), car(0.8)] + ([car(0.5)] if 20 <= seconds < 60 else [])
        return trembling([one for one in row if random.random() > 0.15], random)

    occupied, free = play(zone(settle_s=5), scene, moments(fps, 90))
    assert kinds([occupied, free]) == ["occupied", "free"]
    assert 22 < seconds_of(occupied) < 33
    assert 62 < seconds_of(free) < 68
    assert occupied.facts == {"count": 1, "before": 0}
    assert free.facts["lasted_s"] == pytest.approx(40, abs=8)


def test_who_drives_through_does_not_occupy_it() -> None:
    assert play(zone(), lambda s: [car(s / 2)], moments(10, 2)) == []


def test_the_number_inside_is_told_while_it_changes() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [car(0.45)] * (seconds < 30) + [car(0.55)] * (10 <= seconds < 20)

    events = play(zone(), scene, moments(10, 40))
    assert [(e.kind, e.facts["count"]) for e in events] == [
        ("occupied", 1), ("count", 2), ("count", 1), ("free", 0),
    ]  # fmt: skip


def test_one_object_under_two_labels_counts_once() -> None:
    def scene(_: float) -> list[Detection]:
        return [car(0.5), car(0.505, label="truck", score=0.6)]

    (occupied,) = play(zone(labels=("car", "truck")), scene, moments(10, 20))
    assert occupied.facts["count"] == 1


def test_two_of_one_label_that_overlap_are_two() -> None:
    (occupied,) = play(zone(), lambda _: [car(0.48), car(0.52)], moments(10, 20))
    assert (occupied.kind, occupied.facts["count"]) == ("occupied", 2)


def test_who_loiters_is_told_once() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [car(0.5, label="person")] if 5 <= seconds < 60 and seconds % 7 > 0.5 else []

    events = play(zone(loiter_s=20), scene, moments(10, 70))
    assert kinds(events) == ["occupied", "loitering", "free"]
    assert events[1].facts == {"track": 1, "label": "person", "duration_s": 20.0}


@pytest.mark.parametrize("fps", [0.1, 0.5])
def test_at_few_frames_who_loiters_is_told_once(fps: float) -> None:
    def scene(seconds: float) -> list[Detection]:
        return [] if round(seconds * fps) % 6 == 4 else [car(0.5, label="person")]

    events = play(zone(loiter_s=60), scene, moments(fps, 60 / fps))
    assert kinds(events) == ["occupied", "loitering"]


def test_seen_from_above_the_middle_of_a_box_counts() -> None:
    """Its feet would be in the next bay."""
    scene = [car(0.5, 0.75)]
    assert play(zone(), lambda _: scene, moments(10, 10)) == []
    assert kinds(play(zone(anchor="centre"), lambda _: scene, moments(10, 10))) == ["occupied"]


def test_without_a_polygon_the_whole_picture_is_the_zone() -> None:
    rule = ZoneRule("all", ZoneRule.Options())
    assert kinds(play(rule, lambda _: [car(0.05)], moments(10, 10))) == ["occupied"]
