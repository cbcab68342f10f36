"""Freshness: which frames are worth a start, for their results to come in time.

Latency is the age of a frame when it starts, and the work. The work cannot be chosen: it varies
with what else the machine does, and a lower rate does not shorten it. The age can: by leaving a
frame for a fresher one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

LATE = 0.05
"""The share of results that may come later than `max_latency_ms`."""

_WINDOW_S, _MOST = 10.0, 256
"""What works and latencies speak of: what a person sees as now; the most are for fast models."""

_SPELL_S = 2.0
"""While most works of so long were too slow for any frame, one is tried as often as this: seldom
enough to be near the limit's word, often enough to be back within seconds."""

_GAIN = 0.75
"""A fresher frame is worth the wait for it if its risk is this much less."""


class _Recent:
    """Times in ms, of the last seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._all: deque[tuple[float, float]] = deque(maxlen=_MOST)

    def add(self, time_ms: float) -> None:
        self._all.append((self._clock(), time_ms))

    def clear(self) -> None:
        self._all.clear()

    def last(self, seconds: float) -> list[float]:
        """Those of the last seconds, or the very last one, however old."""
        since_s = self._clock() - seconds
        every = tuple(self._all)  # at once: other threads ask, too
        return [ms for at_s, ms in every if at_s >= since_s] or [ms for _, ms in every[-1:]]


class Freshness:
    """Remembers how long the work took of late, and what latencies came of it.

    Without `limit_ms` every frame is fresh. `least_fps` is kept to even if all results are late.
    """

    def __init__(
        self, limit_ms: float | None, least_fps: float, clock: Callable[[], float]
    ) -> None:
        self._limit_ms = limit_ms or float("inf")
        self._try_s = min(_SPELL_S, 1 / least_fps)
        self._clock = clock
        self._works_ms, self._latencies_ms = _Recent(clock), _Recent(clock)
        self._started_s: float | None = None
        self._warm = self._tries = False

    def model_changed(self) -> None:
        """What was learned is of another model; the first work, which warms up, says nothing."""
        self._works_ms.clear()
        self._latencies_ms.clear()
        self._warm = False

    def is_stale(self, age_ms: float, waited_ms: float) -> bool:
        """Whether to leave a frame for a fresher one; `waited_ms` of its age it lay there."""
        left_ms = self._limit_ms - age_ms
        fresh_ms = left_ms + waited_ms
        self._tries = _share(self._works_ms.last(_SPELL_S), fresh_ms) > 0.5
        if self._tries:
            return self._started_s is not None and self._clock() - self._started_s < self._try_s
        risk, fresh_risk = self._risk(left_ms), self._risk(fresh_ms)
        return risk > LATE and fresh_risk <= max(LATE, risk * _GAIN)

    def started(self) -> None:
        self._started_s = self._clock()

    def finished(self, latency_ms: float) -> None:
        self._latencies_ms.add(latency_ms)
        if self._tries and latency_ms <= self._limit_ms:
            self._works_ms.clear()  # the bad spell is over
        if self._warm and self._started_s is not None:
            self._works_ms.add((self._clock() - self._started_s) * 1000)
        self._warm = True

    def latency_ms(self, share: float) -> float | None:
        """From capture to result: what `share` of the recent ones stay below."""
        latencies_ms = sorted(self._latencies_ms.last(_WINDOW_S))
        if not latencies_ms:
            return None
        return latencies_ms[min(int(share * len(latencies_ms)), len(latencies_ms) - 1)]

    @property
    def late(self) -> float:
        """The share of the recent results that came too late."""
        return _share(self._latencies_ms.last(_WINDOW_S), self._limit_ms)

    def _risk(self, left_ms: float) -> float:
        """How many of the recent works take longer; one alone is an accident."""
        works_ms = self._works_ms.last(_WINDOW_S)
        return _share(sorted(works_ms)[:-1], left_ms)


def _share(times_ms: list[float], limit_ms: float) -> float:
    return sum(ms > limit_ms for ms in times_ms) / max(len(times_ms), 1)
