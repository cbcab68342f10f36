"""Five ways to choose a frame rate on a warm board, all driven alike by a simulation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edgeinfer.core.results import Reading
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.sections import Limits

LEAST_FPS = 0.1


class Policy(Protocol):
    """As the service uses the scheduler."""

    def observe(self, temp_c: float, now_s: float) -> None: ...
    def delay_s(self, now_s: float) -> float: ...
    def started(self, now_s: float) -> None: ...
    def finished(self, latency_ms: float) -> None: ...
    @property
    def binds(self) -> str: ...


class Rate:
    """A rate that `observe` may change; alone, it is the fixed one. None: as fast as it goes."""

    binds = "nothing"

    def __init__(self, fps: float | None) -> None:
        self.fps = fps
        self._started_s = float("-inf")

    def observe(self, temp_c: float, now_s: float) -> None:
        """A fixed rate does not look."""

    def delay_s(self, now_s: float) -> float:
        return max(0.0, self._started_s + 1 / self.fps - now_s) if self.fps else 0.0

    def started(self, now_s: float) -> None:
        self._started_s = now_s

    def finished(self, latency_ms: float) -> None:
        """Nor does it learn."""


class Line(Rate):
    """Full rate up to 10 °C below the limit, the least at the limit, straight between."""

    def __init__(self, full_fps: float, limit_c: float) -> None:
        super().__init__(full_fps)
        self._full_fps, self._limit_c = full_fps, limit_c

    def observe(self, temp_c: float, now_s: float) -> None:
        share = min(max((self._limit_c - temp_c) / 10, 0.0), 1.0)
        self.fps = max(self._full_fps * share, LEAST_FPS)


class Aimd(Rate):
    """As TCP: every 5 s up by a fiftieth of the full rate, or down by a third.

    Down from half a degree below the limit, so that it can respect it.
    """

    def __init__(self, full_fps: float, limit_c: float) -> None:
        super().__init__(full_fps)
        self._full_fps, self._limit_c, self._next_s = full_fps, limit_c - 0.5, 0.0

    def observe(self, temp_c: float, now_s: float) -> None:
        if now_s < self._next_s:
            return
        self._next_s = now_s + 5
        fps = self.fps or self._full_fps
        up_fps = min(fps + self._full_fps / 50, self._full_fps)
        self.fps = max(fps * 2 / 3, LEAST_FPS) if temp_c > self._limit_c else up_fps


class Governed:
    """The scheduler of the service itself."""

    def __init__(
        self, limit_c: float, clock: Callable[[], float], cpu_s: Callable[[], float]
    ) -> None:
        self._scheduler = Scheduler(Limits(max_temp_c=limit_c), clock=clock, cpu_s=cpu_s)

    @property
    def binds(self) -> str:
        return self._scheduler.binds

    def observe(self, temp_c: float, now_s: float) -> None:
        self._scheduler.observe((Reading("cpu-thermal", temp_c, "c", int(now_s * 1e9)),), now_s)

    def delay_s(self, now_s: float) -> float:
        return self._scheduler.delay_s()

    def started(self, now_s: float) -> None:
        self._scheduler.started()

    def finished(self, latency_ms: float) -> None:
        self._scheduler.finished(latency_ms)
