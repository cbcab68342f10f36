"""Scheduler: when the next frame may start."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class Scheduler:
    """Holds the rate at `max_fps`; None: as fast as frames come.

    Wait until due first, then take the newest frame: a frame that is taken and then made to wait
    is old when it starts (at 5 fps from a 30 fps source: 218 ms instead of 16).
    """

    def __init__(self, max_fps: float | None, clock: Callable[[], float] = monotonic) -> None:
        self._interval_s = 1 / max_fps if max_fps else 0.0
        self._clock = clock
        self._due_s = clock()

    def delay_s(self) -> float:
        """Seconds until the next frame may start; 0.0 if it may start now."""
        return max(0.0, self._due_s - self._clock())

    def started(self) -> None:
        """A frame starts now. A late one moves the beat, so that none follow in a burst."""
        late = self._clock() - self._due_s > self._interval_s
        self._due_s = (self._clock() if late else self._due_s) + self._interval_s
