"""Pace: which results are shown, so that each picture and its boxes are of the same frame."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class Pace:
    """At most so many a second, on average that many; by one thread."""

    def __init__(self, most_fps: float, clock: Callable[[], float] = monotonic) -> None:
        self._period_s = 1 / most_fps
        self._clock = clock
        self._due_s = float("-inf")

    def take(self) -> bool:
        """Whether this one is shown; what comes late moves the beat by less than a period."""
        now_s = self._clock()
        if now_s < self._due_s:
            return False
        is_late = now_s - self._due_s >= self._period_s
        self._due_s = (now_s if is_late else self._due_s) + self._period_s
        return True
