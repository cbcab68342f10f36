"""Sweep: the same model with one thread, two, and so on, and how many to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeinfer.tools.timing import OnDone, Percentiles, interleaved, warm_up
from edgeinfer.tools.trial import Trial

_RUNS = 60
_GOOD_ENOUGH = 1.10  # of the best time: the threads that it takes less serve the camera


@dataclass(frozen=True, slots=True)
class Sweep:
    """`invoke_ms` by number of threads."""

    invoke_ms: Mapping[int, Percentiles]
    recommended: int

    @property
    def gain(self) -> float:
        """How many times faster the recommended number is than one thread."""
        return self.invoke_ms[min(self.invoke_ms)].p50 / self.invoke_ms[self.recommended].p50


def sweep(path: Path, threads: Sequence[int], on_done: OnDone, runs: int | None = None) -> Sweep:
    """Interleaved, so that heat meets each number of threads alike."""
    trials = [Trial(path, count) for count in threads]
    for trial in trials:
        warm_up(trial.time_ms)
    samples_ms = interleaved([trial.time_ms for trial in trials], runs or _RUNS, on_done)
    invoke_ms = dict(zip(threads, map(Percentiles.of, samples_ms), strict=True))
    return Sweep(invoke_ms, recommend({count: value.p50 for count, value in invoke_ms.items()}))


def recommend(p50_ms: Mapping[int, float]) -> int:
    """The fewest threads that are within 10 % of the best."""
    best_ms = min(p50_ms.values())
    return min(count for count, ms in p50_ms.items() if ms <= best_ms * _GOOD_ENOUGH)
