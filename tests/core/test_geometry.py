from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.core.geometry import Box, Placement

anywhere = st.floats(-3, 4)
inside = st.floats(0, 1)


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    left, top = draw(st.floats(-2, 0.9)), draw(st.floats(-2, 0.9))
    return Placement(left, top, left + draw(st.floats(0.05, 4)), top + draw(st.floats(0.05, 4)))


def into_input(box: Box, place: Placement) -> Box:
    """What `to_frame` undoes."""
    width, height = place.right - place.left, place.bottom - place.top
    return Box(
        place.left + box.left * width,
        place.top + box.top * height,
        place.left + box.right * width,
        place.top + box.bottom * height,
    )


def corners(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


@given(st.builds(Box, inside, inside, inside, inside), placements())
def test_a_box_of_the_frame_comes_back_from_the_input_where_it_was(
    box: Box, placement: Placement
) -> None:
    back = placement.to_frame(into_input(box, placement))
    assert corners(back) == pytest.approx(corners(box), abs=1e-9)


def test_a_frame_that_fills_the_input_changes_no_box() -> None:
    assert Placement().to_frame(Box(0.1, 0.2, 0.3, 0.4)) == Box(0.1, 0.2, 0.3, 0.4)


def test_a_letterboxed_frame_is_the_part_between_the_bars() -> None:
    placement = Placement(0.0, 0.25, 1.0, 0.75)
    assert placement.to_frame(Box(0.5, 0.25, 1.0, 0.5)) == Box(0.5, 0.0, 1.0, 0.5)


@given(st.builds(Box, anywhere, anywhere, anywhere, anywhere))
def test_a_clipped_box_lies_inside_the_picture(box: Box) -> None:
    assert all(0 <= edge <= 1 for edge in corners(box.clipped()))


@given(st.builds(Box, inside, inside, inside, inside))
def test_clipping_leaves_a_box_inside_as_it_is(box: Box) -> None:
    assert box.clipped() is box


@given(st.builds(Box, anywhere, anywhere, anywhere, anywhere))
def test_clipping_moves_only_the_edges_that_lie_outside(box: Box) -> None:
    for before, after in zip(corners(box), corners(box.clipped()), strict=True):
        assert after == (before if 0 <= before <= 1 else float(before > 1))


@given(*[st.builds(Box, anywhere, anywhere, anywhere, anywhere)] * 2)
def test_the_overlap_is_the_same_from_both_sides_and_between_none_and_all(
    one: Box, other: Box
) -> None:
    assert one.iou(other) == other.iou(one)
    assert 0.0 <= one.iou(other) <= 1.0 + 1e-12


def test_a_box_overlaps_itself_whole_and_a_distant_one_not_at_all() -> None:
    box = Box(0.1, 0.1, 0.3, 0.3)
    assert box.iou(box) == pytest.approx(1.0)
    assert box.iou(Box(0.5, 0.5, 0.7, 0.7)) == 0.0


def test_half_of_two_equal_boxes_is_a_third_of_their_union() -> None:
    assert Box(0.0, 0.0, 0.2, 1.0).iou(Box(0.1, 0.0, 0.3, 1.0)) == pytest.approx(1 / 3)


def test_two_empty_boxes_overlap_by_nothing() -> None:
    assert Box(0.5, 0.5, 0.5, 0.5).iou(Box(0.5, 0.5, 0.5, 0.5)) == 0.0


def test_a_box_turned_inside_out_has_no_area() -> None:
    assert Box(0.9, 0.9, 0.1, 0.1).area == 0.0
