from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Classification, Detection, Finding, Mask
from edgeinfer.core.tensor import TensorSpec
from edgeinfer.tools.agreement import (
    BOXES_CONFIDENT,
    CELLS,
    OUTPUTS,
    TOP_1,
    TOP_1_CONFIDENT,
    Agreement,
    Measure,
    Meter,
    Seen,
)

PLAIN = TensorSpec("out", (1, 4), np.dtype(np.float32))
QUANTIZED = TensorSpec("out", (1, 4), np.dtype(np.uint8), 0.5, 10)
LEFT, RIGHT = Box(0.0, 0.0, 0.4, 1.0), Box(0.6, 0.0, 1.0, 1.0)


def agreement(*pairs: tuple[Sequence[Finding], Sequence[Finding]]) -> Agreement:
    meter = Meter((), decoded=True)
    for first, second in pairs:
        meter.add(Seen(tuple(first), ()), Seen(tuple(second), ()))
    return meter.agreement()


def of_outputs(first: Any, second: Any, spec: TensorSpec) -> Agreement:
    meter = Meter((spec,), decoded=False)
    meter.add(*(Seen((), [np.array([one], spec.dtype)]) for one in (first, second)))
    return meter.agreement()


def owl(score: float) -> list[Finding]:
    return [Classification("owl", score), Classification("kite", score / 2)]


def kite(score: float) -> list[Finding]:
    return [Classification("kite", score), Classification("owl", score / 2)]


def test_only_the_best_label_counts() -> None:
    found = agreement((owl(0.4), owl(0.3)), (owl(0.4), kite(0.4)))
    assert found.measures == (Measure(TOP_1, 1, 2),)


def test_what_is_confident_in_either_is_counted_apart_and_judged() -> None:
    found = agreement((owl(0.9), owl(0.4)), (owl(0.4), kite(0.5)), (owl(0.1), kite(0.1)))
    assert found.measures == (Measure(TOP_1_CONFIDENT, 1, 2), Measure(TOP_1, 1, 3))
    assert found.judged == Measure(TOP_1_CONFIDENT, 1, 2)
    assert found.share(TOP_1) == pytest.approx(1 / 3)
    assert found.share(CELLS) is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Detection("cat", 0.75, LEFT), 2),
        (Detection("cat", 0.65, LEFT), 2),
        (Detection("cat", 0.55, LEFT), 0),
        (Detection("dog", 0.7, LEFT), 0),
        (Detection("cat", 0.7, RIGHT), 0),
        (Detection("cat", 0.7, Box(0.0, 0.0, 0.3, 1.0)), 2),
        (Detection("cat", 0.7, Box(0.0, 0.0, 0.1, 1.0)), 0),
    ],
)
def test_a_box_is_matched_by_label_place_and_score(other: Detection, same: int) -> None:
    found = agreement(([Detection("cat", 0.7, LEFT)], [other]))
    assert found.judged == Measure(BOXES_CONFIDENT, same, 2)


def test_a_box_beside_the_threshold_may_fall_below_it() -> None:
    found = agreement(([Detection("cat", 0.51, LEFT)], [Detection("cat", 0.49, LEFT)]))
    assert found.judged == Measure(BOXES_CONFIDENT, 1, 1)


def test_one_box_is_not_the_like_of_two() -> None:
    two = [Detection("cat", 0.7, LEFT), Detection("cat", 0.69, LEFT)]
    found = agreement((two, two[:1]))
    assert found.judged == Measure(BOXES_CONFIDENT, 2, 3)


def test_pictures_in_which_nothing_is_found_show_nothing() -> None:
    assert agreement(([], []), ([Detection("cat", 0.2, LEFT)], [])).judged is None


def test_the_cells_of_masks_are_counted() -> None:
    one, other = np.zeros((2, 3), np.uint8), np.eye(2, 3, dtype=np.uint8)
    found = agreement(([Mask(("a", "b"), one)], [Mask(("a", "b"), other)]))
    assert found.judged == Measure(CELLS, 4, 6)


def test_outputs_without_a_meaning_are_compared_by_their_direction() -> None:
    found = of_outputs([1, 0, 2, 0], [2, 0, 4, 0], PLAIN)
    assert found.share(OUTPUTS) == pytest.approx(1.0)
    assert of_outputs([1, 0, 0, 0], [0, 1, 0, 0], PLAIN).share(OUTPUTS) == 0.0
    assert of_outputs([0, 0, 0, 0], [0, 0, 0, 0], PLAIN).share(OUTPUTS) == 1.0
    assert (found.largest_step, found.mean_step) == (None, None)


def test_quantized_outputs_tell_how_many_steps_they_lie_apart() -> None:
    found = of_outputs([10, 20, 30, 255], [10, 21, 27, 255], QUANTIZED)
    assert (found.largest_step, found.mean_step) == (3, 1.0)


def test_the_direction_of_a_quantized_output_is_that_of_its_real_values() -> None:
    found = of_outputs([11, 10, 10, 10], [10, 11, 10, 10], QUANTIZED)
    assert found.share(OUTPUTS) == 0.0
