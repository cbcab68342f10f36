"""Sweep: the same model with one thread, two, and so on, and how many to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeinfer.tools.timing import ENOUGH_RUNS, OnDone, Percentiles, interleaved, warm_up
from edgeinfer.tools.trial import Trial

_RUNS = 60
_GOOD_ENOUGH = 1.10  # of the best time: the threads that it takes less serve the camera


@dataclass(frozen=True, slots=True)
class Sweep:
    """`invoke_ms` by number of threads. `recommended` None: too few runs to advise anything."""

    invoke_ms: Mapping[int, Percentiles]
    recommended: int | None

    @property
    def gain(self) -> float | None:
        """How many times faster the recommended number is than one thread."""
        if self.recommended is None:
            return None
        return self.invoke_ms[min(self.invoke_ms)].p50 / self.invoke_ms[self.recommended].p50

    @property
    def more_are_slower(self) -> bool:
        """Than one thread: every other number."""
        first_ms, *others_ms = (self.invoke_ms[count].p50 for count in sorted(self.invoke_ms))
        return all(other_ms > first_ms for other_ms in others_ms)


def sweep(path: Path, threads: Sequence[int], on_done: OnDone, runs: int | None = None) -> Sweep:
    """Interleaved, so that heat meets each number of threads alike."""
    trials = [Trial(path, count) for count in threads]
    for trial in trials:
        warm_up(trial.time_ms)
    runs = runs or _RUNS
    samples_ms = interleaved([trial.time_ms for trial in trials], runs, on_done)
    invoke_ms = dict(zip(threads, map(Percentiles.of, samples_ms), strict=True))
    p50_ms = {count: times.p50 for count, times in invoke_ms.items()}
    return Sweep(invoke_ms, recommend(p50_ms) if runs >= ENOUGH_RUNS else None)


def recommend(p50_ms: Mapping[int, float]) -> int:
    """The fewest threads that are within 10 % of the best."""
    best_ms = min(p50_ms.values())
    return min(count for count, ms in p50_ms.items() if ms <= best_ms * _GOOD_ENOUGH)
