"""Meter: what frames cost and how long they take, measured as they are worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_LATENCIES = 64
"""Enough for a 95th percentile, few enough to forget a hot minute."""

_WORKS, _FEWEST_WORKS = 16, 5
"""The last frames tell how long the next takes; the first few, which warm up, do not."""

_WINDOW_S, _FEWEST_FRAMES = 10.0, 4
"""Over which duty and cost are taken: what a person sees as now, but some frames at least."""

_MARK_S = 0.25


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
        self.used_s = 0.0
        self._threads = threads
        self._accelerated = accelerated
        self._clock = clock
        self._cpu_s = cpu_s
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES)
        self._works_s: deque[float] = deque(maxlen=_WORKS)
        self._busy_s = 0.0
        self._began_s: float | None = None
        self._frames = 0
        self._sampled = (cpu_s(), 0.0)
        self._marks = deque([(clock(), 0.0, 0)])

    def started(self) -> None:
        self._began_s = self._clock()

    def finished(self, latency_ms: float) -> None:
        """Costs are taken from the end of a frame to the end of a frame, so that none is halved."""
        now_s = self._clock()
        work_s = now_s - (now_s if self._began_s is None else self._began_s)
        self._began_s = None
        self._busy_s += work_s
        self._works_s.append(work_s)
        self._latencies_ms.append(latency_ms)
        self._frames += 1
        if self._frames == 1 or now_s - self._marks[-1][0] >= _MARK_S:
            self.sample()
            self._marks.append((now_s, self.used_s, self._frames))
            self._forget(now_s)

    def sample(self) -> None:
        """`used_s` grows to what was used up to now."""
        now_s = self._clock()
        running_s = 0.0 if self._began_s is None else now_s - self._began_s
        cpu_s, busy_s = self._cpu_s(), self._busy_s + running_s
        used_s = (cpu_s - self._sampled[0]) / self._threads
        if self._accelerated:
            used_s = max(used_s, busy_s - self._sampled[1])
        self._sampled = (cpu_s, busy_s)
        self.used_s += used_s

    @property
    def cost_s(self) -> float | None:
        """Duty seconds per frame; None before the first frame."""
        (_, used_s, frames), (_, used_now_s, frames_now) = self._marks[0], self._marks[-1]
        return (used_now_s - used_s) / (frames_now - frames) if frames_now > frames else None

    @property
    def duty(self) -> float | None:
        """Of the last seconds; None before any have passed."""
        seconds = self._clock() - self._marks[0][0]
        return (self.used_s - self._marks[0][1]) / seconds if seconds > 0 else None

    @property
    def work_s(self) -> float | None:
        """What most frames stay below, from start to finish; None before there are a few."""
        works_s = sorted(self._works_s)
        return works_s[int(0.9 * len(works_s))] if len(works_s) >= _FEWEST_WORKS else None

    def latency_ms(self, share: float) -> float | None:
        """What `share` of the recent frames stay below."""
        latencies_ms = sorted(self._latencies_ms)
        if not latencies_ms:
            return None
        return latencies_ms[min(int(share * len(latencies_ms)), len(latencies_ms) - 1)]

    def _forget(self, now_s: float) -> None:
        """The oldest mark goes once the next is old enough and leaves frames enough."""
        while now_s - self._marks[1][0] > _WINDOW_S:
            if self._frames - self._marks[1][2] < _FEWEST_FRAMES:
                return
            self._marks.popleft()
