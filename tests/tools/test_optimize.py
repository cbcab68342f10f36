from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.tools.agreement import CELLS, TOP_1, TOP_1_CONFIDENT, Agreement, Measure
from edgeinfer.tools.comparison import Agreements, Speed
from edgeinfer.tools.optimize import Request, why_not
from edgeinfer.tools.timing import Percentiles, Ratio

REQUEST = Request("x.tflite", Path("y.tflite"), images="mine", min_agreement=0.98)


def speed(ratio: float) -> Speed:
    times = Percentiles(1.0, 1.0, 1.0, 1.0, 10)
    return Speed(times, times, Ratio(ratio, ratio, ratio), 1)


def agreements(models: list[Measure], kernels: list[Measure]) -> Agreements:
    return Agreements(9, *(Agreement(tuple(one), None, None) for one in (models, kernels)))


def measures(name: str, share: float, noise: float) -> Agreements:
    return agreements([Measure(name, share * 100, 100)], [Measure(name, noise * 100, 100)])


def test_what_agrees_and_is_faster_is_worth_having() -> None:
    assert why_not(measures(TOP_1_CONFIDENT, 0.98, 1.0), speed(1.5), REQUEST) == ""


def test_what_does_not_agree_is_not() -> None:
    reason = why_not(measures(TOP_1_CONFIDENT, 0.97, 1.0), speed(1.5), REQUEST)
    assert reason == (
        "agreement 0.970 (top-1 where either has a score of 0.5 or more) is below 0.980"
    )


def test_what_is_not_faster_is_not() -> None:
    reason = why_not(measures(TOP_1_CONFIDENT, 1.0, 1.0), speed(1.01), REQUEST)
    assert reason == "not faster here: 1.01 times the speed of the original, and 1.02 is wanted"


def test_confident_answers_have_no_excuse_in_noise() -> None:
    assert why_not(measures(TOP_1_CONFIDENT, 0.9, 0.8), speed(1.5), REQUEST) != ""


@pytest.mark.parametrize("name", [TOP_1, CELLS])
def test_others_are_held_to_what_two_kernels_reach(name: str) -> None:
    assert why_not(measures(name, 0.93, 0.93), speed(1.5), REQUEST) == ""
    assert "is below 0.950" in why_not(measures(name, 0.93, 0.95), speed(1.5), REQUEST)
    assert "is below 0.980" in why_not(measures(name, 0.93, 1.0), speed(1.5), REQUEST)


def test_pictures_that_show_nothing_prove_nothing() -> None:
    reason = why_not(agreements([], []), speed(1.5), REQUEST)
    assert reason == "nothing is found in these pictures, so they show no agreement"


def test_drawn_pictures_are_no_real_ones() -> None:
    drawn = Request("x.tflite", Path("y.tflite"))
    assert why_not(agreements([], []), speed(1.5), drawn).endswith(
        "; drawn pictures show little, give --images with your own"
    )
