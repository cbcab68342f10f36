"""Meter: what frames cost, measured as they are worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_LATENCIES = 64
"""Enough for a 95th percentile, few enough to forget a hot minute."""

_COSTS_S = 10.0
"""Over how long duty and cost are taken: the seconds that a person sees, and many short frames."""


class Meter:
    """Duty seconds: CPU seconds of the whole process for each thread of the model.

    With an accelerator most of the work is not done by the CPU: there the time in which a frame is
    worked on counts, if that is more.
    """

    def __init__(
        self,
        threads: int,
        *,
        accelerated: bool,
        clock: Callable[[], float],
        cpu_s: Callable[[], float],
    ) -> None:
        self._threads = threads
        self._accelerated = accelerated
        self._clock = clock
        self._cpu_s = cpu_s
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES)
        self._works_s: deque[float] = deque(maxlen=16)
        self._busy_s = 0.0
        self._began_s: float | None = None
        self._frames = 0
        self._marks: deque[tuple[float, float, int]] = deque()
        self._last = (cpu_s(), 0.0)
        self.used_s = 0.0

    def started(self) -> None:
        self._began_s = self._clock()

    def finished(self, latency_ms: float) -> None:
        if self._began_s is not None:
            self._works_s.append(self._clock() - self._began_s)
            self._busy_s += self._works_s[-1]
        self._began_s = None
        self._frames += 1
        self._latencies_ms.append(latency_ms)

    def sample(self) -> None:
        """Note what was used up to now; `used_s` grows."""
        now_s = self._clock()
        began_s = now_s if self._began_s is None else self._began_s
        cpu_s, busy_s = self._cpu_s(), self._busy_s + now_s - began_s
        used_s = (cpu_s - self._last[0]) / self._threads
        if self._accelerated:
            used_s = max(used_s, busy_s - self._last[1])
        self._last = (cpu_s, busy_s)
        self.used_s += used_s
        self._marks.append((now_s, self.used_s, self._frames))
        while len(self._marks) > 2 and now_s - self._marks[1][0] > _COSTS_S:
            self._marks.popleft()

    @property
    def cost_s(self) -> float | None:
        """Duty seconds per frame; None before the first frame."""
        if not self._marks or self._marks[-1][2] == self._marks[0][2]:
            return None
        (_, used_s, frames), (_, used_now_s, frames_now) = self._marks[0], self._marks[-1]
        return (used_now_s - used_s) / (frames_now - frames)

    @property
    def duty(self) -> float | None:
        if len(self._marks) < 2 or self._marks[-1][0] <= self._marks[0][0]:
            return None
        return (self._marks[-1][1] - self._marks[0][1]) / (self._marks[-1][0] - self._marks[0][0])

    @property
    def work_s(self) -> float | None:
        """What most frames stay below, from start to finish; None before there are a few."""
        works_s = sorted(self._works_s)
        return works_s[int(0.9 * len(works_s))] if len(works_s) >= 5 else None

    def latency_ms(self, share: float) -> float | None:
        """What `share` of the recent frames stay below."""
        latencies_ms = sorted(self._latencies_ms)
        if not latencies_ms:
            return None
        return latencies_ms[min(int(share * len(latencies_ms)), len(latencies_ms) - 1)]
