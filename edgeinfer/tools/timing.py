"""Timing: warm up until steady, run often enough, and say it in percentiles."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

TimeMs = Callable[[], float]
"""Does the work once; how long it took, in milliseconds."""
OnDone = Callable[[float], None]
"""Is told how much is done, from 0 to 1."""

# Enough for a p99 that is one of the runs, and for a second or two of them; a slow model on a slow
# board ends sooner, with ten at least.
_LEAST_RUNS, _LEAST_S = 100, 2.0
_MOST_RUNS = 2000
_PATIENCE_RUNS, _PATIENCE_S = 10, 10.0

ENOUGH_RUNS = _PATIENCE_RUNS
"""Fewer give a median that one hiccup moves: they are shown, but nothing is concluded from them."""

_WARM_UP_LEAST_S = 0.3  # a governor such as `ondemand` needs some tenths to raise the clock
_WARM_UP_MOST_S = 3.0
_WARM_UP_WINDOW = 5
_STEADY = 0.05


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of so many runs, in milliseconds."""

    p50: float
    p90: float
    p99: float
    min: float
    runs: int

    @classmethod
    def of(cls, samples_ms: Sequence[float]) -> Percentiles:
        """Between two samples a percentile lies on the straight line from one to the other."""
        p50, p90, p99 = (float(value) for value in np.percentile(samples_ms, (50, 90, 99)))
        return cls(p50, p90, p99, min(samples_ms), len(samples_ms))


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as long the second took as the first, pair by pair."""

    median: float
    p10: float
    p90: float

    @classmethod
    def of(cls, first_ms: Sequence[float], second_ms: Sequence[float]) -> Ratio:
        ratios = [b / a for a, b in zip(first_ms, second_ms, strict=True)]
        low, middle, high = (float(value) for value in np.percentile(ratios, (10, 50, 90)))
        return cls(middle, low, high)


def stopwatch(work: Callable[[], object]) -> TimeMs:
    def time_ms() -> float:
        began_ns = time.perf_counter_ns()
        work()
        return (time.perf_counter_ns() - began_ns) / 1e6

    return time_ms


def share_done(count: int, elapsed_s: float, runs: int | None = None) -> float:
    """How much of a measurement is done; 1.0 or more: enough. `runs` is exact where it is given."""
    if runs is not None:
        return count / runs
    return max(
        min(count / _LEAST_RUNS, elapsed_s / _LEAST_S),
        count / _MOST_RUNS,
        min(count / _PATIENCE_RUNS, elapsed_s / _PATIENCE_S),
    )


def steady(samples_ms: Sequence[float]) -> bool:
    """Whether the last few runs were as fast as the few before them."""
    if len(samples_ms) < 2 * _WARM_UP_WINDOW:
        return False
    last, before = samples_ms[-_WARM_UP_WINDOW:], samples_ms[:-_WARM_UP_WINDOW]
    return abs(median(last) / median(before[-_WARM_UP_WINDOW:]) - 1) <= _STEADY


def warm_up(time_ms: TimeMs) -> list[float]:
    """Run until steady; what the runs took."""
    samples_ms = [time_ms()]
    began_s = time.monotonic()
    while (elapsed_s := time.monotonic() - began_s) < _WARM_UP_MOST_S:
        if elapsed_s >= _WARM_UP_LEAST_S and steady(samples_ms):
            break
        samples_ms.append(time_ms())
    return samples_ms


def interleaved(
    works: Sequence[TimeMs], runs: int | None = None, on_done: OnDone = lambda _: None
) -> list[list[float]]:
    """Run all in turn, round after round, so that the machine's drift meets each of them.

    Every other round goes backwards: none always follows the same one. Returns the milliseconds of
    each work, in the order of the rounds.
    """
    samples_ms: list[list[float]] = [[] for _ in works]
    order = list(range(len(works)))
    began_s = time.monotonic()
    share = 0.0
    while share < 1.0:
        for number in order:
            samples_ms[number].append(works[number]())
        order.reverse()
        share = share_done(len(samples_ms[0]), time.monotonic() - began_s, runs)
        on_done(min(share, 1.0))
    return samples_ms
