"""A camera at 30 frames a second and a model on a crowded machine, by a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.sections import Limits

FRAME_S = 1 / 30
_DRAWN_S = 0.004  # a frame's age when it comes


class CameraPlant:
    """Drives a scheduler as the infer thread does.

    `work_s`: how long the next frame takes, at what time. `latencies_ms` are of `(start, latency)`.
    """

    def __init__(
        self, limits: Limits, work_s: Callable[[float, Random], float], seed: int = 1
    ) -> None:
        self.now_s = self._cpu_s = 0.0
        self.latencies_ms: list[tuple[float, float]] = []
        self.scheduler = Scheduler(limits, clock=lambda: self.now_s, cpu_s=lambda: self._cpu_s)
        self._work_s = work_s
        self._random = Random(seed)  # noqa: S311 - work that varies
        self._taken = -1  # the number of the last frame that left the slot

    def run(self, until_s: float) -> None:
        while self.now_s < until_s:
            self._wait_until_due()
            captured_s, put_s = self._take()
            age_ms, waited_ms = (1000 * (self.now_s - s) for s in (captured_s, put_s))
            if not self.scheduler.is_stale(age_ms, waited_ms):
                self._work(captured_s)

    def fps(self, from_s: float, to_s: float) -> float:
        return sum(from_s <= at_s < to_s for at_s, _ in self.latencies_ms) / (to_s - from_s)

    def p95_ms(self, from_s: float, to_s: float) -> float:
        found = sorted(ms for at_s, ms in self.latencies_ms if from_s <= at_s < to_s)
        return found[int(0.95 * len(found))]

    def _wait_until_due(self) -> None:
        while (delay_s := self.scheduler.delay_s()) > 0:
            self.now_s += min(delay_s, 0.25)

    def _take(self) -> tuple[float, float]:
        """When the newest frame was captured, and when it came; waits for one that is new."""
        newest = max(int((self.now_s - _DRAWN_S) / FRAME_S), self._taken + 1)
        self._taken = newest
        captured_s = newest * FRAME_S
        self.now_s = max(self.now_s, captured_s + _DRAWN_S)
        return captured_s, captured_s + _DRAWN_S

    def _work(self, captured_s: float) -> None:
        started_s = self.now_s
        self.scheduler.started()
        work_s = self._work_s(started_s, self._random)
        self.now_s += work_s
        self._cpu_s += work_s
        latency_ms = 1000 * (self.now_s - captured_s)
        self.latencies_ms.append((started_s, latency_ms))
        self.scheduler.finished(latency_ms)
