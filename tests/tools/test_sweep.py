from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.model.skeleton import conv_stack
from edgeinfer.tools.sweep import Sweep, recommend, sweep
from edgeinfer.tools.timing import Percentiles


@pytest.mark.parametrize(
    ("p50_ms", "threads"),
    [
        ({1: 10.0, 2: 5.2, 3: 3.6, 4: 2.8}, 4),
        ({1: 10.0, 2: 5.2, 3: 3.0, 4: 2.8}, 3),  # within 10 % of four
        ({1: 10.0, 2: 5.2, 3: 3.6, 4: 9.0}, 3),  # something else wants the fourth core
        ({1: 3.0, 2: 2.9, 3: 2.8, 4: 2.75}, 1),  # too small a model to be divided
        ({1: 3.0}, 1),
        ({1: 2.2, 2: 2.0}, 1),  # exactly on the edge
    ],
)
def test_the_fewest_threads_within_a_tenth_of_the_best_are_recommended(
    p50_ms: dict[int, float], threads: int
) -> None:
    assert recommend(p50_ms) == threads


def test_the_gain_is_that_of_the_recommended_number_over_one_thread() -> None:
    times = {count: Percentiles.of([ms]) for count, ms in {1: 9.0, 2: 5.0, 3: 4.5}.items()}
    assert Sweep(times, recommended=3).gain == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("p50_ms", "slower"), [({1: 2.0, 2: 2.1, 3: 4.0}, True), ({1: 2.0, 2: 1.95, 3: 4.0}, False)]
)
def test_more_threads_are_slower_only_where_every_number_of_them_is(
    p50_ms: dict[int, float], *, slower: bool
) -> None:
    times = {count: Percentiles.of([ms]) for count, ms in p50_ms.items()}
    assert Sweep(times, recommend(p50_ms)).more_are_slower is slower


def test_each_number_of_threads_is_timed_as_often_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "small.tflite"
    path.write_bytes(conv_stack("uint8", size=8, channels=8, layers=2))
    done: list[float] = []
    found = sweep(path, [1, 2], done.append, runs=10)
    assert list(found.invoke_ms) == [1, 2]
    assert [times.runs for times in found.invoke_ms.values()] == [10, 10]
    assert found.recommended in (1, 2)
    assert done[-1] == 1.0
