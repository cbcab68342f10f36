"""Motion: where an object's box will be, if each of its edges keeps its velocity."""

from __future__ import annotations

from math import exp

from edgeinfer.core.geometry import Box

Edges = tuple[float, float, float, float]
"""left, top, right, bottom: plain floats, because each frame compares every pair of boxes."""

# How quickly a velocity follows what is measured: slow enough that a box that trembles by 0.01 at
# 30 fps does not fly away, quick enough for a car that brakes.
_FOLLOWS_S = 0.25
_MOST_WEIGHT = 0.5  # of one step, however long: two boxes that tremble are no velocity
_GUESSED_S = 1.0  # for so long unseen an object keeps its velocity; later that says nothing
_MOST_GROWTH = 1.0  # of its own size to each side: nothing is known beyond that


class Motion:
    """The edges of one object, each with a velocity in pictures a second.

    Edges, and not a centre with a size: of a train that comes in, one edge moves and the other
    stands at the border of the picture.
    """

    def __init__(self, box: Box, seen_ns: int) -> None:
        self.seen_ns = seen_ns
        self._edges = edges(box)
        self._velocity: Edges = (0.0, 0.0, 0.0, 0.0)
        self._steps = 0

    def predict(self, at_ns: int) -> Edges:
        """Where the box should be, within the picture."""
        seconds = min((at_ns - self.seen_ns) / 1e9, _GUESSED_S)
        left, top, right, bottom = self._edges
        to_left, to_top, to_right, to_bottom = self._velocity
        left, right = _moved(left, right, to_left * seconds, to_right * seconds)
        top, bottom = _moved(top, bottom, to_top * seconds, to_bottom * seconds)
        return left, top, right, bottom

    def growth(self, at_ns: int) -> float:
        """By how much of its size the object may have gone astray since it was seen.

        An object is taken to change its way by at most its own size in a second. At 30 fps this is
        nothing; at 1 fps it lets boxes meet that no longer overlap.
        """
        return min((at_ns - self.seen_ns) / 1e9, _MOST_GROWTH)

    def correct(self, box: Box, seen_ns: int) -> None:
        """It was seen again, here."""
        seconds = (seen_ns - self.seen_ns) / 1e9
        before, self._edges, self.seen_ns = self._edges, edges(box), seen_ns
        if seconds <= 0:
            return
        self._steps += 1
        # The mean of the first steps, so that the second sighting is already predicted well.
        weight = max(min(1 - exp(-seconds / _FOLLOWS_S), _MOST_WEIGHT), 1 / self._steps)
        left, top, right, bottom = (
            speed + ((new - old) / seconds - speed) * weight
            for speed, new, old in zip(self._velocity, self._edges, before, strict=True)
        )
        self._velocity = left, top, right, bottom


def _moved(low: float, high: float, by_low: float, by_high: float) -> tuple[float, float]:
    """Two opposite edges, within the picture; a box is not expected to shrink.

    Two trembling edges that seem to meet would leave nothing that a box could overlap.
    """
    lost = max(by_low - by_high, 0.0) / 2
    return _clip(low + by_low - lost), _clip(high + by_high + lost)


def _clip(edge: float) -> float:
    return min(max(edge, 0.0), 1.0)


def edges(box: Box) -> Edges:
    return box.left, box.top, box.right, box.bottom


def grown(box: Edges, share: float) -> Edges:
    """The box with `share` of its size more on each side."""
    left, top, right, bottom = box
    wide, high = (right - left) * share, (bottom - top) * share
    return left - wide, top - high, right + wide, bottom + high


def overlap(one: Edges, other: Edges) -> float:
    """Intersection over union, from 0.0 to 1.0."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_area(one) + _area(other) - shared)


def _area(box: Edges) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
