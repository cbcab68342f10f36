"""Smoothing: what flickers from frame to frame as one thing that comes and goes."""

from __future__ import annotations

from math import exp

# One frame alone moves a smoothed value by half at most, however long ago the last one was.
_MOST_WEIGHT = 0.5
# 1 - 1/e: what a smoothed value covers of a step within its own time.
_SETTLED = 0.632
HERE = 0.3
"""A label that is seen at its threshold (0.5) in more than three frames of five comes to this."""
GONE = 0.1
"""The same, seen in less than one frame of five, falls below this."""


class _Weight:
    """How much the newest value counts, so that it is followed within about `time_s`."""

    def __init__(self, time_s: float) -> None:
        self._time_s = time_s
        self._before_ns: int | None = None

    def update(self, now_ns: int) -> float:
        before_ns = now_ns if self._before_ns is None else self._before_ns
        self._before_ns = now_ns
        weight = 1 - exp(-max(now_ns - before_ns, 0) / 1e9 / self._time_s)
        return min(weight, _MOST_WEIGHT)


class Smoothed:
    """A value that follows another one within about `time_s`, at any frame rate."""

    def __init__(self, time_s: float) -> None:
        self.level = 0.0
        self._weight = _Weight(time_s)

    def update(self, value: float, now_ns: int) -> float:
        """The smoothed value."""
        self.level += (value - self.level) * self._weight.update(now_ns)
        return self.level


class Presence:
    """Whether something is here: a smoothed strength with hysteresis.

    `first_ns` and `last_ns` are when it was first and last seen, and not when that was certain.
    It is gone when its level has fallen and it was not seen for `gap_s`, which may be changed.
    """

    def __init__(
        self, settle_s: float, gap_s: float = 0.0, here: float = HERE, gone: float = GONE
    ) -> None:
        self.here = False
        self.first_ns = self.last_ns = 0
        self._seen = False
        self.gap_s = gap_s
        self._settle_s = settle_s
        self._smoothed = Smoothed(settle_s)
        self._enter, self._leave = here, gone

    @property
    def pending(self) -> bool:
        """Something was seen that may become, is, or was just a presence."""
        return self._seen

    def update(self, strength: float, now_ns: int) -> None:
        """`strength` from 0.0, nothing is seen, to 1.0."""
        before = self._smoothed.level
        level = self._smoothed.update(strength, now_ns)
        if strength > 0:
            self._see(now_ns, alone=before < self._leave and level < self._enter)
        if level >= self._enter:
            self.here = True
        elif level < self._leave and (now_ns - self.last_ns) / 1e9 >= self._waits_s():
            self.here = self._seen = False

    def _see(self, now_ns: int, *, alone: bool) -> None:
        if not self._seen:
            self.first_ns = self.last_ns = now_ns
            self._seen = True
        elif not (self.here and alone):
            # A lone mistake of the model, long after, does not hold the presence.
            self.last_ns = now_ns

    def _waits_s(self) -> float:
        return self.gap_s if self.here else self._settle_s


class SettledCount:
    """How many there are, once that has held for about `settle_s`; single misses do not count.

    Each of "at least one", "at least two" and so on settles for itself. A mean of the numbers would
    be past the next whole number in a moment when several come at once.
    """

    def __init__(self, settle_s: float) -> None:
        self.count = 0
        self._levels: list[float] = []
        self._weight = _Weight(settle_s)

    def update(self, count: int, now_ns: int) -> bool:
        """True: the settled count has changed."""
        weight, before = self._weight.update(now_ns), self.count
        self._levels += [0.0] * (count - len(self._levels))
        for index, level in enumerate(self._levels):
            self._levels[index] = level + ((index < count) - level) * weight
        # More are rarer than fewer: the levels fall from the first to the last.
        least, most = self._above(_SETTLED), self._above(1 - _SETTLED)
        if not least <= before <= most:
            self.count = self._above(0.5)  # with those that are about to settle, in one change
        return self.count != before

    def _above(self, level: float) -> int:
        return sum(one > level for one in self._levels)
