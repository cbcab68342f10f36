from __future__ import annotations

from collections.abc import Callable

import pytest

from edgeinfer.tools.timing import (
    Percentiles,
    Ratio,
    interleaved,
    share_done,
    steady,
    stopwatch,
    warm_up,
)


def test_percentiles_lie_between_the_samples_they_fall_between() -> None:
    found = Percentiles.of([float(value) for value in range(101)][::-1])
    assert (found.p50, found.p90, found.p99) == pytest.approx((50, 90, 99))
    assert (found.min, found.runs) == (0.0, 101)
    between = Percentiles.of([1.0, 2.0])
    assert (between.p50, between.p90, between.p99) == pytest.approx((1.5, 1.9, 1.99))


def test_one_slow_run_in_two_hundred_moves_the_p99_hardly_and_the_p50_not_at_all() -> None:
    found = Percentiles.of([2.0] * 199 + [500.0])
    assert (found.p50, found.p90, found.p99) == (2.0, 2.0, 2.0)


def test_a_ratio_is_taken_pair_by_pair() -> None:
    # The machine slows down to a tenth in the middle: medians of each alone would say 1.1.
    found = Ratio.of([1.0, 1.0, 10.0, 10.0, 10.0], [2.0, 2.0, 20.0, 20.0, 2000.0])
    assert found.median == 2.0
    assert found.p10 == 2.0
    assert found.p90 > 2.0


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Ratio.of([1.0, 1.0], [1.0])


@pytest.mark.parametrize(
    ("count", "elapsed_s", "share"),
    [
        (100, 2.0, 1.0),  # the usual end
        (1000, 1.0, 0.5),  # a fast model runs for two seconds all the same
        (2000, 0.2, 1.0),  # but no more than so often
        (20, 4.0, 0.4),  # a slow one: patience counts
        (20, 10.0, 1.0),
        (5, 30.0, 0.5),  # a very slow one runs ten times, however long it takes
    ],
)
def test_enough_runs_depend_on_their_number_and_their_time(
    count: int, elapsed_s: float, share: float
) -> None:
    assert share_done(count, elapsed_s) == pytest.approx(share)


def test_the_number_of_runs_that_was_asked_for_is_exact() -> None:
    assert share_done(6, 1000.0, runs=7) < 1.0
    assert share_done(7, 0.0, runs=7) == 1.0


def test_a_machine_that_still_gets_faster_is_not_steady() -> None:
    assert not steady([1.0] * 9)
    assert not steady([2.0] * 5 + [1.0] * 5)
    assert not steady([1.0] * 5 + [2.0] * 5)
    assert steady([9.0] * 5 + [1.0] * 10)
    assert steady([1.0, 1.02, 0.99, 1.01, 50.0, 1.0, 1.0, 0.98, 50.0, 1.0])


def test_warming_up_ends_when_the_last_runs_are_alike() -> None:
    times_ms = iter([100.0] * 7 + [5.0] * 100_000_000)
    samples_ms = warm_up(lambda: next(times_ms))
    assert samples_ms[:7] == [100.0] * 7
    assert steady(samples_ms)


def test_works_are_run_in_turn_and_none_always_after_the_same_one() -> None:
    order: list[str] = []

    def work(name: str, ms: float) -> Callable[[], float]:
        def run() -> float:
            order.append(name)
            return ms

        return run

    done: list[float] = []
    works = [work("a", 1.0), work("b", 2.0), work("c", 3.0)]
    samples_ms = interleaved(works, 4, done.append)
    assert "".join(order) == "abccbaabccba"
    assert samples_ms == [[1.0] * 4, [2.0] * 4, [3.0] * 4]
    assert done == [0.25, 0.5, 0.75, 1.0]


def test_a_stopwatch_gives_the_time_of_the_work_alone() -> None:
    ran: list[int] = []
    time_ms = stopwatch(lambda: ran.append(1))
    samples_ms = [time_ms() for _ in range(50)]
    assert len(ran) == 50
    assert all(sample_ms > 0.0 for sample_ms in samples_ms)
