from __future__ import annotations

import pytest

from edgeinfer.core.geometry import Box
from edgeinfer.rules.polygon import PlaceOptions, Point, anchor_of, contains, side_of

L_SHAPE: tuple[Point, ...] = ((0, 0), (1, 0), (1, 0.4), (0.4, 0.4), (0.4, 1), (0, 1))


@pytest.mark.parametrize(
    ("point", "inside"),
    [
        ((0.2, 0.2), True),
        ((0.2, 0.9), True),
        ((0.9, 0.2), True),
        ((0.7, 0.7), False),
        ((0.41, 0.41), False),
        ((-0.1, 0.2), False),
        ((1.1, 0.2), False),
    ],
)
def test_a_point_is_inside_or_it_is_not(point: Point, *, inside: bool) -> None:
    assert contains(L_SHAPE, point) is inside
    assert contains(L_SHAPE[::-1], point) is inside, "whichever way around"


def test_where_an_object_stands_is_its_feet_or_its_middle() -> None:
    box = Box(0.2, 0.4, 0.4, 0.8)
    assert anchor_of(box, "bottom") == pytest.approx((0.3, 0.8))
    assert anchor_of(box, "centre") == pytest.approx((0.3, 0.6))


def test_the_right_hand_is_that_of_who_walks_on_the_picture() -> None:
    assert side_of((0, 0.5), (1, 0.5), (0.5, 0.9)) > 0, "walking right, it is below"
    assert side_of((0.5, 1), (0.5, 0), (0.9, 0.5)) > 0, "walking up, it is on the right"


@pytest.mark.parametrize(
    ("polygon", "message"),
    [
        (((0.1, 0.1), (0.9, 0.9)), "polygon has 2 points; give at least 3"),
        (((0.1, 0.1), (0.9, 0.1), (0.9, 1.2)), "[0.9, 1.2] outside the picture; give fractions"),
        (((10, 10), (200, 10), (200, 90)), "[10, 10] outside the picture; give fractions"),
        (((0, 0), (1, 1), (1, 0), (0, 1)), "polygon crosses itself; give its points in"),
        (((0, 0), (0.5, 0.5), (1, 1)), "polygon has no area"),
        (((0, 0), (1, 0), (1, 1), (0, 0)), "names a point twice; it is closed by itself"),
        (((0, 0), (1, 0), (1, 1), (1, 1 - 1e-9)), "names a point twice; it is closed by itself"),
        (((0, 0), (1, 0), (0.5, 0), (0, 1)), "polygon folds back on itself at [1, 0]; leave that"),
        (((0, 0), (0.5, 0), (0.5, 1), (0.5, 0.5)), "polygon folds back on itself at [0.5, 1]"),
        (((0, 0), (1, 0), (0.2, 0), (0.2, 1)), "polygon folds back on itself at [1, 0]"),
        (((0, 0), (0.5, 0), (0.5, 1), (0.2, 0.2), (0.5, 0.5), (0, 1)), "polygon crosses itself"),
        (((0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)), "polygon crosses itself"),
        (((0, 0), (0.9, 0), (0.9, 0.9), (0.6, 0), (0.3, 0), (0, 0.9)), "polygon crosses itself"),
        (((0, 0), (1, 0), (0.5, 1e-6)), "polygon has next to no area"),
    ],
)
def test_what_is_no_place_in_the_picture_is_refused(
    polygon: tuple[Point, ...], message: str
) -> None:
    with pytest.raises(ValueError, match="polygon") as raised:
        PlaceOptions(polygon=polygon)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "polygon",
    [
        L_SHAPE,
        ((0, 0), (0.5, 0), (1, 0), (1, 1), (0, 1)),
        ((0.1, 0.1), (0.11, 0.1), (0.11, 0.11)),
        ((0, 0), (1, 0.5), (0, 1), (0.9, 0.5)),
    ],
)
def test_a_place_may_be_hollow_small_or_have_a_point_amid_a_side(
    polygon: tuple[Point, ...],
) -> None:
    assert PlaceOptions(polygon=polygon).polygon == polygon
    assert PlaceOptions(polygon=polygon[::-1]).polygon == polygon[::-1]
