"""Travel: where the objects of a presence went, by their boxes and by the motion inside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection
from edgeinfer.rules.inside import Inside
from edgeinfer.rules.shift import Shift

Direction = Literal["left_to_right", "right_to_left", "both", "unknown"]

# A still object's box trembles by a few hundredths; one that goes by moves by most of the picture.
_MOVED = 0.15
_MOVED_SIGHTINGS = 2  # one box that is off is a mistake of the model
_TRAVELLED = 0.25
_TRAVELLED_BOTH_WAYS = 0.3  # of two that meet, each comes in or goes out alone
_BORDER = 0.05  # an edge nearer to the border than this is cut off there, and says nothing


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
    _lowest: float = 1.0
    _highest: float = 0.0
    _rightward: float = 0.0
    _leftward: float = 0.0

    @property
    def x(self) -> float:
        """How far its middle went, to the right; 0.0 where only a single box says so."""
        x = _middle(self.last) - _middle(self.first)
        return x if self.far >= _MOVED_SIGHTINGS else 0.0

    def longest(self, sign: int) -> float:
        """How far its middle went at most to the right (1) or to the left (-1), then or before.

        Two that meet are one box for a while, and its track turns round. Two sightings in a row
        must agree on where it began and where it ended: lone mistakes go nowhere.
        """
        return self._rightward if sign > 0 else self._leftward

    def step(self, box: Box, now_ns: int, *, at_once: bool) -> None:
        """`at_once`: it was seen in the frame before, too; a lone sighting says not where it is."""
        for before, now in ((self.last.left, box.left), (self.last.right, box.right)):
            if _is_free(before) and _is_free(now):
                self.edge_x += now - before
                self.edge_s += (now_ns - self.last_ns) / 1e9
        if at_once:
            self._lengthen(*sorted((_middle(self.last), _middle(box))))
        self.last, self.last_ns = box, now_ns
        self.off += _farthest(self.first, box) >= _MOVED
        self.far += at_once and abs(_middle(box) - _middle(self.first)) >= _TRAVELLED

    def _lengthen(self, lower: float, higher: float) -> None:
        self._lowest = min(self._lowest, higher)
        self._highest = max(self._highest, lower)
        self._rightward = max(self._rightward, lower - self._lowest)
        self._leftward = max(self._leftward, self._highest - higher)


@dataclass(slots=True)
class Travel:
    """Grows with each frame of a presence, empty ones too; a new presence takes a new one."""

    _ways: dict[int, _Way] = field(default_factory=dict)
    _before: frozenset[int] = frozenset()  # the tracks of the frame before
    _inside: Inside = field(default_factory=Inside)

    def add(self, objects: Iterable[Detection], shift: Shift | None, now_ns: int) -> None:
        boxes = {one.track: one.box for one in objects if one.track is not None}
        for track, box in boxes.items():
            self._step(track, box, now_ns)
        self._before = frozenset(boxes)
        if shift is not None:
            self._inside.add(shift)

    @property
    def moved(self) -> bool:
        """Something is on its way, wherever to."""
        off = max((way.off for way in self._ways.values()), default=0)
        return max(off, self._inside.changes) >= _MOVED_SIGHTINGS

    @property
    def direction(self) -> Direction:
        """`both` if a box or the motion inside went each way; else by the motion, then a box."""
        ways = self._ways.values()
        if all(
            self._inside.ran(sign) or any(way.longest(sign) >= _TRAVELLED_BOTH_WAYS for way in ways)
            for sign in (-1, 1)
        ):
            return "both"
        return _direction(self._inside.x or self._boxes_x())

    @property
    def speed(self) -> float | None:
        """Widths of the picture a second, whichever way; None: nobody could see it."""
        inside = self._inside.speed
        if inside is not None:
            return inside
        forward = [way for way in self._ways.values() if way.off and way.edge_s]
        seconds = sum(way.edge_s for way in forward)
        return sum(abs(way.edge_x) for way in forward) / seconds if seconds else None

    def _step(self, track: int, box: Box, now_ns: int) -> None:
        way = self._ways.get(track)
        if way is None:
            self._ways[track] = _Way(box, box, now_ns)
        else:
            way.step(box, now_ns, at_once=track in self._before)

    def _boxes_x(self) -> float:
        """Of the one that went farthest; 0.0 if that is not far."""
        x = max((way.x for way in self._ways.values()), key=abs, default=0.0)
        return x if abs(x) >= _TRAVELLED else 0.0


def _direction(x: float) -> Direction:
    if x == 0:
        return "unknown"
    return "left_to_right" if x > 0 else "right_to_left"


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
