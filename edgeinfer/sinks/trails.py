"""Trails: where each track has been lately, for who draws it."""

from __future__ import annotations

from collections import deque

from edgeinfer.core.results import Detection, Result

_LATELY_NS = 3 * 10**9  # long enough to see a direction, short enough not to cover the picture
# A passage is shown by its best moment, which may be this much older than its end.
_KEPT_NS = 60 * 10**9
_MOST_POINTS = 20_000  # some 4 MB; a minute of ten objects at 30 fps

_Point = tuple[float, float]


class Trails:
    """The middle of the foot of each box that has a track: where the object stands."""

    def __init__(self) -> None:
        self._points: deque[tuple[int, int, _Point]] = deque(maxlen=_MOST_POINTS)

    def add(self, result: Result) -> None:
        now_ns = result.frame.captured_ns
        for one in result.findings:
            if isinstance(one, Detection) and one.track is not None:
                foot = (one.box.left + one.box.right) / 2, one.box.bottom
                self._points.append((now_ns, one.track, foot))
        while self._points and now_ns - self._points[0][0] > _KEPT_NS:
            self._points.popleft()

    def until(self, captured_ns: int) -> dict[int, list[_Point]]:
        """By the number of the track: its points of the last seconds before that instant."""
        found: dict[int, list[_Point]] = {}
        for when_ns, track, point in self._points:
            if 0 <= captured_ns - when_ns <= _LATELY_NS:
                found.setdefault(track, []).append(point)
        return found
