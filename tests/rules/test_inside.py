"""Which way the motion inside an object that fills the picture went."""

from __future__ import annotations

import pytest

from edgeinfer.rules.inside import Inside
from edgeinfer.rules.shift import Shift


def inside(*shifts: float | None) -> Inside:
    """Those, a tenth of a second apart."""
    motion = Inside()
    for x in shifts:
        motion.add(Shift(x, 0.1))
    return motion


def test_it_is_the_sum_of_the_shifts_where_most_agree() -> None:
    motion = inside(0.1, 0.1, None, 0.1, -0.02, 0.1)
    assert motion.x == pytest.approx(0.38)
    assert motion.speed == pytest.approx(1.0)
    assert motion.changes == 6


@pytest.mark.parametrize("shifts", [(0.2,) * 4, (0.1, -0.1) * 9, (None,) * 9])
def test_few_shifts_or_shifts_that_point_anywhere_say_nothing(
    shifts: tuple[float | None, ...],
) -> None:
    motion = inside(*shifts)
    assert (motion.x, motion.speed) == (0.0, None)


def test_it_ran_far_at_one_go_whatever_came_before_and_after() -> None:
    motion = inside(*[-0.1] * 7, None, *[0.1] * 8, *[-0.1] * 2)
    assert motion.ran(1)
    assert motion.ran(-1)


def test_what_turns_again_and_again_ran_nowhere() -> None:
    motion = inside(*[0.1, 0.1, -0.1] * 20)
    assert not motion.ran(1)
    assert not motion.ran(-1)
