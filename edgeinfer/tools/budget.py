"""Budget: what a device has to spend, and what a model would overspend."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from edgeinfer.model.published import Published, Task

Limit = Literal["storage", "accuracy", "memory", "latency"]
"""In this order they are looked at: what costs nothing to know comes first."""

# The service itself: `edgeinfer run` peaks at 125 MB with COCO SSD and a 720p clip
# (benchmarks/results/pipeline-x86_64.md); 12 MB of those are the model's, by the rule below.
BASE_BYTES = 113_000_000
# What a file takes in memory: itself, the copy that XNNPACK packs, and work space. Beside their
# activations, nine models (0.5 to 17 MB, float and 8 bits, x86-64) took 2.1 to 3.1 times theirs.
MEMORY_PER_FILE_BYTE = 2.5


@dataclass(frozen=True, slots=True)
class Budget:
    """None: no limit. `latency_ms` is the time for one picture, the model's alone."""

    task: Task
    latency_ms: float
    storage_bytes: float | None = None
    memory_bytes: float | None = None
    min_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that a model breaks. `needed` None: nobody knows what it would take."""

    limit: Limit
    reason: str
    allowed: float
    needed: float | None = None

    @property
    def factor(self) -> float:
        """How far the limit would have to move, from 1.0 on; infinite where nobody knows."""
        if self.needed is None:
            return math.inf
        low, high = sorted((self.allowed, self.needed))
        return high / low


def notes(budget: Budget, rows: Sequence[Published]) -> tuple[str, ...]:
    """What a reader should know of the limits, where these rows were not all tested alike."""
    if budget.min_accuracy is None or len({row.comparable for row in rows}) < 2:
        return ()
    own = "--min-accuracy is held against each model's own test"
    return (f"{own}; accuracies of different tests are not comparable",)


def memory_bytes(row: Published) -> int:
    """What the service takes with this model; without the activations where they are unknown."""
    own_bytes = row.size_bytes * MEMORY_PER_FILE_BYTE + (row.activation_bytes or 0)
    return BASE_BYTES + round(own_bytes)


def on_paper(budget: Budget, row: Published) -> Iterator[Excess]:
    """What is overspent, as far as it is known without timing anything."""
    stored, most_bytes = budget.storage_bytes, budget.memory_bytes
    if stored is not None and row.size_bytes > stored:
        yield Excess("storage", "too large", stored, row.size_bytes)
    if budget.min_accuracy is not None:
        yield from _accuracy(budget.min_accuracy, row)
    if most_bytes is not None and (needed := memory_bytes(row)) > most_bytes:
        yield Excess("memory", f"memory: {needed / 1e6:.0f} MB", most_bytes, needed)


def _accuracy(least: float, row: Published) -> Iterator[Excess]:
    if row.accuracy is None:
        yield Excess("accuracy", "no accuracy published", least)
    elif row.accuracy < least:
        yield Excess("accuracy", "not accurate enough", least, row.accuracy)


def in_time(
    budget: Budget, latency_ms: float | None, unknown: str, *, at_most: bool = False
) -> Iterator[Excess]:
    """`unknown` says why there is no latency; `at_most`: the latency is an upper bound."""
    if latency_ms is None:
        yield Excess("latency", unknown, budget.latency_ms)
    elif latency_ms > budget.latency_ms:
        reason = "perhaps too slow" if at_most else "too slow"
        yield Excess("latency", reason, budget.latency_ms, latency_ms)
