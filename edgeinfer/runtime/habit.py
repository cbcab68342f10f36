"""Habit: whether something is the rule of late; with two thresholds, so that it is steady."""

from __future__ import annotations

_WEIGHT = 0.15
"""How much each one counts: some ten make a habit."""


class Habit:
    """`on` once more than `begins` of the last ones were so, until fewer than `ends` were."""

    def __init__(self, *, on: bool, begins: float, ends: float) -> None:
        self._begins, self._ends = begins, ends
        self.set(on=on)

    def set(self, *, on: bool) -> None:
        self.on = on
        self._share = float(on)

    def note(self, *, so: bool) -> None:
        self._share += (so - self._share) * _WEIGHT
        self.on = self._share > (self._ends if self.on else self._begins)
