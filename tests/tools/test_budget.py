from __future__ import annotations

import math

import pytest

from edgeinfer.tools.budget import BASE_BYTES, Budget, Excess, in_time, memory_bytes, on_paper
from tests.tools.boards import row


def test_what_is_within_every_limit_breaks_none() -> None:
    budget = Budget("classification", 10.0, 100_000, 10**9, 50.0)
    assert not list(on_paper(budget, row("m")))
    assert not list(in_time(budget, 10.0, ""))


def test_limits_are_looked_at_in_their_order() -> None:
    budget = Budget("classification", 10.0, 99_999, 1e6, 50.1)
    broken = [excess.limit for excess in on_paper(budget, row("m"))]
    assert broken == ["storage", "accuracy", "memory"]


def test_what_nobody_knows_breaks_a_limit_that_nothing_relaxes() -> None:
    budget = Budget("classification", 10.0, min_accuracy=1.0)
    (unrated,) = on_paper(budget, row("m", accuracy=None))
    (untimed,) = in_time(budget, None, "nobody knows")
    assert unrated.reason == "no accuracy published"
    assert untimed.reason == "nobody knows"
    assert unrated.factor == untimed.factor == math.inf


@pytest.mark.parametrize(("allowed", "needed"), [(50.0, 100.0), (100.0, 50.0)])
def test_a_limit_moves_by_the_same_factor_up_and_down(allowed: float, needed: float) -> None:
    assert Excess("latency", "", allowed, needed).factor == 2.0


def test_memory_is_the_service_the_file_as_it_is_packed_and_the_activations() -> None:
    found = memory_bytes(row("m", size_bytes=4_000_000, activation_bytes=1_000_000))
    assert found == BASE_BYTES + 10_000_000 + 1_000_000
