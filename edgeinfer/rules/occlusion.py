"""Occlusion: what stands in a place and is hidden for a while is still there."""

from __future__ import annotations

from collections.abc import Sequence

from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection

_HIDDEN = 0.4  # of an object's box: a detector misses it from about there on
_SAME = 0.3  # of the union: another number for what stands there
_LONGEST_NS = 30_000_000_000  # behind a car that waits; who hides for longer may have left


class Occlusion:
    """Keeps the objects of a place that something nearer to the camera has come in front of.

    Nearer is what ends lower in the picture. So a car that drives past does not free the bay behind
    it, nor does a detector that takes the two for one: that box, too, lies over the old one and
    ends lower. An object that leaves towards the camera hides its old place until it has left it.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Detection, int]] = {}

    def update(
        self, inside: Sequence[Detection], everything: Sequence[Detection], now_ns: int
    ) -> list[Detection]:
        """Those inside, and after them those that were and are hidden now."""
        seen = {one.track: (one, now_ns) for one in inside if one.track is not None}
        hidden = {
            track: (one, seen_ns)
            for track, (one, seen_ns) in self._known.items()
            if track not in seen
            and now_ns - seen_ns <= _LONGEST_NS
            and not any(one.box.iou(other.box) >= _SAME for other in inside)
            and any(_hides(other.box, one.box) for other in everything)
        }
        self._known = hidden | seen
        return [*inside, *(one for one, _ in hidden.values())]


def _hides(front: Box, behind: Box) -> bool:
    width = min(front.right, behind.right) - max(front.left, behind.left)
    height = min(front.bottom, behind.bottom) - max(front.top, behind.top)
    if width <= 0 or height <= 0 or front.bottom <= behind.bottom:
        return False
    return width * height >= _HIDDEN * behind.width * behind.height
