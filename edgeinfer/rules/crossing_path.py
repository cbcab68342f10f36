"""Path: one object's way, and the side of a line that it is on."""

from __future__ import annotations

from collections import Counter, deque

from edgeinfer.rules.polygon import Point

_LATELY_NS = 10**9  # over which a speed is measured: a second evens out what trembles


class Path:
    """Changes its side when `frames` points in a row lay on the other one."""

    def __init__(self) -> None:
        self.seen_ns = 0
        self._labels: Counter[str] = Counter()
        self._recent: deque[tuple[int, Point]] = deque()
        self._side = 0
        self._near: Point = (0.0, 0.0)  # the last point on the side where it is
        self._far: list[Point] = []  # those on the other side, since then

    @property
    def label(self) -> str:
        """What the model called it most often."""
        return self._labels.most_common(1)[0][0]

    def add(self, point: Point, label: str, now_ns: int) -> None:
        self.seen_ns = now_ns
        self._labels[label] += 1
        self._recent.append((now_ns, point))
        # The last two stay, however long ago the one before was.
        while len(self._recent) > 2 and now_ns - self._recent[0][0] > _LATELY_NS:
            self._recent.popleft()

    def crossed(self, point: Point, side: int, frames: int) -> tuple[Point, Point] | None:
        """The step from one side to the other, once that is certain.

        `side` is 1 or -1; 0 is so near to the line that it says nothing.
        """
        if side == 0 or self._side in (0, side):
            self._far.clear()
            if side:
                self._side, self._near = side, point
            return None
        self._far.append(point)
        if len(self._far) < frames:
            return None
        step = self._near, self._far[0]
        self._side, self._near = side, point
        self._far.clear()
        return step

    def lately(self) -> tuple[float, float, float]:
        """How far it went right and down, in fractions of the picture, and in how many seconds."""
        (then_ns, (x1, y1)), (now_ns, (x2, y2)) = self._recent[0], self._recent[-1]
        return x2 - x1, y2 - y1, (now_ns - then_ns) / 1e9
