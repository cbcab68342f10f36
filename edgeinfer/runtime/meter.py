"""Meter: what frames cost, measured as they are worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

_WINDOW_S, _FEWEST_FRAMES = 3.0, 4
"""Over which duty and cost are taken, but some frames at least. Short: as other programs come and
go, a frame's cost changes by half within seconds, and what is learned late is owed."""

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
        self._clock = clock
        self._cpu_s = cpu_s
        self._busy_s = 0.0
        self._began_s: float | None = None
        self._sampled = (cpu_s(), 0.0)
        self._spared_s = self._ended_s = 0.0
        self._begin(threads, accelerated=accelerated)

    def model_changed(self, threads: int, *, accelerated: bool) -> None:
        """What was measured is of another model; what was used stays used."""
        self.sample()
        self._begin(threads, accelerated=accelerated)

    def _begin(self, threads: int, *, accelerated: bool) -> None:
        self._threads = threads
        self._accelerated = accelerated
        self._frames = 0
        self._marks = deque([(self._clock(), self.used_s, 0, self._spared_s)])

    def started(self) -> None:
        self._began_s = self._clock()

    def finished(self) -> None:
        """Costs are taken from the end of a frame to the end of a frame, so that none is halved."""
        now_s = self._clock()
        self._busy_s += now_s - (now_s if self._began_s is None else self._began_s)
        self._began_s = None
        self._frames += 1
        self.sample()
        self._ended_s = self.used_s
        if self._frames == 1:  # with it goes all that is done once: the start is no frame's cost
            self._begin_counting(now_s)
        elif now_s - self._marks[-1][0] >= _MARK_S or self.cost_s is None:
            self._marks.append((now_s, self.used_s, self._frames, self._spared_s))
            self._forget(now_s)

    def left_out(self) -> None:
        """A frame that was not worked on: what it took is used, but is no other frame's cost."""
        self.sample()
        self._spared_s += self.used_s - self._ended_s
        self._ended_s = self.used_s

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
        """Duty seconds per frame; None before the second frame."""
        _, used_s, frames, spared_s = self._marks[0]
        _, used_now_s, frames_now, spared_now_s = self._marks[-1]
        if frames_now == frames:
            return None
        return (used_now_s - used_s - (spared_now_s - spared_s)) / (frames_now - frames)

    @property
    def duty(self) -> float | None:
        """Of the last seconds; None before any have passed."""
        seconds = self._clock() - self._marks[0][0]
        return (self.used_s - self._marks[0][1]) / seconds if seconds > 0 else None

    def _begin_counting(self, now_s: float) -> None:
        self._marks = deque([(now_s, self.used_s, self._frames, self._spared_s)])

    def _forget(self, now_s: float) -> None:
        """The oldest mark goes once the next is old enough and leaves frames enough."""
        while now_s - self._marks[1][0] > _WINDOW_S:
            if self._frames - self._marks[1][2] < _FEWEST_FRAMES:
                return
            self._marks.popleft()
