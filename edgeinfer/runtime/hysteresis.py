"""Hysteresis: when to go to the next smaller model, and when back."""

from __future__ import annotations

from typing import Literal

Way = Literal["stay", "down", "up"]

# So long a person sees less than was asked for; a short brake of the firmware is over by then.
_DOWN_S = 20.0
_UP_S = 60.0
# A board takes minutes to warm: a climb that lasts so long was no mistake.
_LASTING_S = 600.0
_LONGEST_WAIT_S = 3600.0
# At a low rate the cost of a model is known only after some of its frames; and frames further
# apart than so many would be say nothing of what was between them.
_FRAMES = 5


class _Held:
    """Since when something has been so without a break."""

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._since_s: float | None = None
        self._last_s = 0.0

    def held_s(self, now_s: float, *, so: bool) -> float:
        broken = self._since_s is not None and now_s - self._last_s > self._gap_s
        self._last_s = now_s
        if not so or broken:
            self._since_s = None
        if so and self._since_s is None:
            self._since_s = now_s
        return 0.0 if self._since_s is None else now_s - self._since_s


class Hysteresis:
    """Down after 20 s, and five frames, of too low a rate; up after a minute of room.

    A climb that does not last doubles the wait before the next one, up to an hour; one that lasts
    sets it back. So changes get rare, whatever limits and weather do.
    """

    def __init__(self, min_fps: float) -> None:
        self._down_s = max(_DOWN_S, _FRAMES / min_fps)
        self._wait_s = _UP_S
        self._fell_s = self._climbed_s = float("-inf")
        self._begin()

    def advise(self, now_s: float, *, too_slow: bool, room: bool) -> Way:
        slow_s = self._slow.held_s(now_s, so=too_slow)
        room_s = self._room.held_s(now_s, so=room)
        if slow_s >= self._down_s:
            return "down"
        rested = now_s - self._fell_s >= self._wait_s
        return "up" if room_s >= _UP_S and rested else "stay"

    def went(self, now_s: float, way: Way) -> None:
        """The change was made."""
        self._begin()
        if way == "up":
            self._climbed_s = now_s
            return
        lasted = now_s - self._climbed_s >= max(_LASTING_S, self._wait_s)
        self._wait_s = _UP_S if lasted else min(2 * self._wait_s, _LONGEST_WAIT_S)
        self._fell_s, self._climbed_s = now_s, float("-inf")

    def _begin(self) -> None:
        self._slow, self._room = _Held(self._down_s), _Held(self._down_s)
