from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeinfer.core.frame import Pixels
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Classification, Detection, Finding
from edgeinfer.drawing import Sheet, colour_of
from edgeinfer.picture import draw, narrowed

SQUARE = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def grey(width: int = 320, height: int = 240) -> Pixels:
    return np.full((height, width, 3), 100, np.uint8)


def changed(drawn: Pixels) -> Pixels:
    """(H, W) bool: which pixels are no longer grey."""
    return np.asarray((drawn != 100).any(axis=2))


def test_a_polygon_is_washed_inside_and_outlined() -> None:
    drawn = draw(grey(), [], place=SQUARE)
    assert 120 < drawn[120, 160, 0] < 140
    assert drawn[120, 80].max() > 220
    assert not changed(drawn)[:50].any()


def test_a_line_has_an_arrow_to_its_right_hand_side() -> None:
    """Walking down the picture, the right hand is on the left of the picture."""
    drawn = changed(draw(grey(), [], place=((0.5, 0.1), (0.5, 0.9))))
    assert drawn[120, 150]
    assert not drawn[:, 170:].any()


def test_a_trail_is_drawn_for_the_track_that_it_belongs_to() -> None:
    found = [Detection("car", 0.9, Box(0.7, 0.7, 0.9, 0.9), track=7)]
    way = [(0.1, 0.5), (0.5, 0.5)]
    assert changed(draw(grey(), found, trails={7: way}))[120, 80]
    assert not changed(draw(grey(), found, trails={8: way}))[120, 80]


def test_a_caption_stands_at_the_foot_and_no_caption_covers_nothing() -> None:
    assert not changed(draw(grey(), [])).any()
    drawn = changed(draw(grey(), [], caption="train ended"))
    assert drawn[-2, 2]
    assert not drawn[:200].any()


def test_classifications_stand_below_each_other() -> None:
    one = changed(draw(grey(), [Classification("owl", 0.5)]))
    two = changed(draw(grey(), [Classification("owl", 0.5), Classification("cat", 0.4)]))
    assert np.flatnonzero(two.any(axis=1))[-1] > np.flatnonzero(one.any(axis=1))[-1]


def test_the_tags_of_two_boxes_in_one_place_do_not_cover_each_other() -> None:
    box = Box(0.3, 0.3, 0.7, 0.7)
    label = ("car", "truck")
    assert colour_of(label[0]) != colour_of(label[1])
    drawn = draw(grey(), [Detection(word, 0.9, box) for word in label])
    areas = [np.count_nonzero((drawn == colour_of(word)).all(axis=2)) for word in label]
    assert min(areas) > 300


def test_lines_and_letters_grow_with_the_picture() -> None:
    found = [Detection("train", 0.9, Box(0.25, 0.25, 0.75, 0.75))]
    small, large = (changed(draw(grey(w, w), found)).mean() for w in (320, 1280))
    assert 0.5 < small / large < 2


def test_a_word_with_accents_keeps_its_letters() -> None:
    plain, accented = Sheet(grey()), Sheet(grey())
    plain.caption("Strassenbahn a")
    accented.caption("Straßenbahn á")
    assert np.array_equal(plain.pixels, accented.pixels)


fractions = st.floats(-0.5, 1.5)
boxes = st.builds(Box, fractions, fractions, fractions, fractions)
findings: st.SearchStrategy[list[Finding]] = st.lists(
    st.builds(Detection, st.text(max_size=40), st.floats(0, 1), boxes, st.none() | st.just(1)),
    max_size=4,
)


@settings(max_examples=60)
@given(findings, st.integers(1, 90), st.integers(1, 90), st.lists(st.tuples(fractions, fractions)))
def test_nothing_is_too_small_or_too_odd_to_be_drawn(
    found: list[Finding], width: int, height: int, points: list[tuple[float, float]]
) -> None:
    drawn = draw(grey(width, height), found, place=points, trails={1: points}, caption="x\ny")
    assert drawn.shape == (height, width, 3)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 480), (320, 640)])
def test_only_what_is_wider_is_narrowed_and_keeps_its_proportions(width: int, height: int) -> None:
    pixels = grey(width, height)
    small = narrowed(pixels, 640)
    assert (small is pixels) == (width <= 640)
    assert small.shape[0] / small.shape[1] == height / width
