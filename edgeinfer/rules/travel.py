"""Travel: where the objects of a presence went, by their boxes and by the motion inside them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection
from edgeinfer.rules.shift import Shift

Direction = Literal["left_to_right", "right_to_left", "both", "unknown"]

# A still object's box trembles by a few hundredths; one that goes by moves by most of the picture.
_MOVED = 0.15
_MOVED_SIGHTINGS = 2  # one box that is off is a mistake of the model
_TRAVELLED = 0.25
_TRAVELLED_BOTH_WAYS = 0.5  # two that meet each cross the picture; a mistake seldom goes so far
_BORDER = 0.05  # an edge nearer to the border than this is cut off there, and says nothing
_MOST_VELOCITIES = 1000  # enough for a median, whatever the length of the train
# Shifts count together if they agree: of five that point anywhere, few do.
_LEAST_SHIFTS = 5
_AGREEMENT = 0.7


@dataclass(slots=True)
class _Way:
    """What one tracked object did: its free vertical edges moved by `edge_x` in `edge_s`."""

    first: Box
    last: Box
    last_ns: int
    off: int = 0
    far: int = 0
    edge_x: float = 0.0
    edge_s: float = 0.0

    @property
    def x(self) -> float:
        """How far its middle went, to the right; 0.0 where only a single box says so."""
        x = _middle(self.last) - _middle(self.first)
        return x if self.far >= _MOVED_SIGHTINGS else 0.0

    def step(self, box: Box, now_ns: int, *, at_once: bool) -> None:
        """`at_once`: it was seen in the frame before, too; a lone sighting says not where it is."""
        for before, now in ((self.last.left, box.left), (self.last.right, box.right)):
            if _is_free(before) and _is_free(now):
                self.edge_x += now - before
                self.edge_s += (now_ns - self.last_ns) / 1e9
        self.last, self.last_ns = box, now_ns
        self.off += _farthest(self.first, box) >= _MOVED
        self.far += at_once and abs(_middle(box) - _middle(self.first)) >= _TRAVELLED


@dataclass(slots=True)
class Travel:
    """Grows with each frame of a presence, empty ones too; a new presence takes a new one."""

    _ways: dict[int, _Way] = field(default_factory=dict)
    _before: frozenset[int] = frozenset()  # the tracks of the frame before
    _shifted: list[float] = field(default_factory=lambda: [0.0, 0.0])  # to the left, to the right
    _shifts: int = 0
    _velocities: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_VELOCITIES))
    _changes: int = 0

    def add(self, objects: Iterable[Detection], shift: Shift | None, now_ns: int) -> None:
        boxes = {one.track: one.box for one in objects if one.track is not None}
        for track, box in boxes.items():
            self._step(track, box, now_ns)
        self._before = frozenset(boxes)
        if shift is not None:
            self._changes += 1
            self._shift(shift)

    @property
    def moved(self) -> bool:
        """Something is on its way, wherever to."""
        off = max((way.off for way in self._ways.values()), default=0)
        return max(off, self._changes) >= _MOVED_SIGHTINGS

    @property
    def direction(self) -> Direction:
        """By the motion inside where that is sure, else by the boxes."""
        x = self._inside_x()
        if x:
            return "left_to_right" if x > 0 else "right_to_left"
        ways = [way.x for way in self._ways.values()]
        return _direction(right=max(ways, default=0.0), left=-min(ways, default=0.0))

    @property
    def speed(self) -> float | None:
        """Widths of the picture a second, whichever way; None: nobody could see it."""
        x = self._inside_x()
        if x:
            return median(abs(v) for v in self._velocities if v * x > 0)
        forward = [way for way in self._ways.values() if way.off and way.edge_s]
        seconds = sum(way.edge_s for way in forward)
        return sum(abs(way.edge_x) for way in forward) / seconds if seconds else None

    def _step(self, track: int, box: Box, now_ns: int) -> None:
        way = self._ways.get(track)
        if way is None:
            self._ways[track] = _Way(box, box, now_ns)
        else:
            way.step(box, now_ns, at_once=track in self._before)

    def _shift(self, shift: Shift) -> None:
        if shift.x is not None:
            self._shifted[shift.x > 0] += abs(shift.x)
            self._shifts += 1
            self._velocities.append(shift.x / shift.seconds)

    def _inside_x(self) -> float:
        """Widths of the picture; 0.0 where too few shifts agree."""
        left, right = self._shifted
        if self._shifts < _LEAST_SHIFTS or abs(right - left) < _AGREEMENT * (right + left):
            return 0.0
        return right - left


def _direction(*, right: float, left: float) -> Direction:
    if max(right, left) < _TRAVELLED:
        return "unknown"
    if min(right, left) >= _TRAVELLED_BOTH_WAYS:
        return "both"
    return "left_to_right" if right > left else "right_to_left"


def _middle(box: Box) -> float:
    return (box.left + box.right) / 2


def _is_free(edge: float) -> bool:
    return _BORDER < edge < 1 - _BORDER


def _farthest(one: Box, other: Box) -> float:
    """How far the edge went that went farthest."""
    return max(
        abs(one.left - other.left),
        abs(one.top - other.top),
        abs(one.right - other.right),
        abs(one.bottom - other.bottom),
    )
