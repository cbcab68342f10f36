"""A car that drives past the bays, as boxes."""

from __future__ import annotations

from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection
from edgeinfer.rules.occlusion import Occlusion

_S = 1_000_000_000
_PARKED = Box(0.40, 0.40, 0.50, 0.50)
_BESIDE = Box(0.55, 0.44, 0.75, 0.60)
_BEFORE = Box(0.38, 0.44, 0.58, 0.60)
_BEHIND = Box(0.38, 0.34, 0.58, 0.49)


def _car(box: Box, track: int) -> Detection:
    return Detection("car", 0.9, box, track)


def _seen(occlusion: Occlusion, *inside: Detection, others: tuple[Detection, ...] = ()) -> None:
    occlusion.update(inside, [*inside, *others], 0)


def test_what_is_seen_inside_is_what_there_is() -> None:
    occlusion, parked = Occlusion(), _car(_PARKED, 1)
    assert occlusion.update([parked], [parked, _car(_BESIDE, 2)], 0) == [parked]


def test_an_object_behind_a_nearer_one_is_still_there() -> None:
    occlusion, parked = Occlusion(), _car(_PARKED, 1)
    _seen(occlusion, parked)
    assert occlusion.update([], [_car(_BEFORE, 2)], 1 * _S) == [parked]
    assert occlusion.update([], [_car(_BEFORE, 2)], 2 * _S) == [parked]


def test_an_object_that_nothing_hides_has_gone() -> None:
    occlusion, parked = Occlusion(), _car(_PARKED, 1)
    _seen(occlusion, parked)
    assert occlusion.update([], [_car(_BESIDE, 2)], 1 * _S) == []
    assert occlusion.update([], [_car(_BEFORE, 2)], 2 * _S) == []


def test_what_is_farther_away_hides_nothing() -> None:
    occlusion, parked = Occlusion(), _car(_PARKED, 1)
    _seen(occlusion, parked)
    assert occlusion.update([], [_car(_BEHIND, 2)], 1 * _S) == []


def test_a_box_that_takes_two_cars_for_one_hides_by_whatever_number() -> None:
    occlusion, parked = Occlusion(), _car(_PARKED, 1)
    _seen(occlusion, parked)
    merged = _car(Box(0.40, 0.40, 0.55, 0.58), 1)
    assert occlusion.update([], [merged], 1 * _S) == [parked]


def test_an_object_that_comes_to_light_with_another_number_counts_once() -> None:
    occlusion, parked = Occlusion(), _car(_PARKED, 1)
    _seen(occlusion, parked)
    assert occlusion.update([], [_car(_BEFORE, 2)], 1 * _S) == [parked]
    again = _car(Box(0.41, 0.41, 0.51, 0.505), 3)
    assert occlusion.update([again], [again, _car(_BEFORE, 2)], 2 * _S) == [again]


def test_nobody_hides_for_ever() -> None:
    occlusion, parked = Occlusion(), _car(_PARKED, 1)
    _seen(occlusion, parked)
    assert occlusion.update([], [_car(_BEFORE, 2)], 60 * _S) == []


def test_a_car_that_leaves_towards_the_camera_frees_its_place() -> None:
    occlusion, parked = Occlusion(), _car(_PARKED, 1)
    _seen(occlusion, parked)
    left = _car(Box(0.40, 0.48, 0.52, 0.60), 1)
    assert occlusion.update([], [left], 1 * _S) == []
