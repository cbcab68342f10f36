"""Polygon: places in the picture, in fractions of it, and which point of a box stands there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Finding
from edgeinfer.rules.selection import LabelOptions

Point = tuple[float, float]
"""x from the left, y from the top."""
Anchor = Literal["bottom", "centre"]
"""The point of a box that says where the object is: its feet, or its middle (seen from above)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOptions(LabelOptions):
    """The options of rules that look at a part of the picture; no `polygon`: at all of it."""

    polygon: tuple[Point, ...] = ()
    anchor: Anchor = "bottom"

    def __post_init__(self) -> None:
        if self.polygon:
            check_polygon(self.polygon)

    def inside(self, found: tuple[Finding, ...]) -> list[Detection]:
        """The objects that are wanted and stand in the polygon."""
        objects = self.objects(found)
        if not self.polygon:
            return objects
        return [one for one in objects if contains(self.polygon, anchor_of(one.box, self.anchor))]


def anchor_of(box: Box, anchor: Anchor) -> Point:
    middle = (box.left + box.right) / 2
    return (middle, box.bottom) if anchor == "bottom" else (middle, (box.top + box.bottom) / 2)


def contains(polygon: tuple[Point, ...], point: Point) -> bool:
    """Whether a ray from the point to the right leaves the polygon an odd number of times."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in _sides(polygon):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


def check_polygon(polygon: tuple[Point, ...]) -> None:
    """Raises: ValueError: it has no inside, leaves the picture, or crosses itself."""
    if len(polygon) < 3:
        raise ValueError(f"polygon has {len(polygon)} points; give at least 3, as [x, y] each")
    check_points("polygon", polygon)
    if len(set(polygon)) < len(polygon):
        raise ValueError("polygon names a point twice; it is closed by itself, leave out the last")
    sides = list(_sides(polygon))
    if any(crosses(*one, *other) for one, other in combinations(sides, 2)):
        raise ValueError("polygon crosses itself; give its points in their order around it")
    if abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) < 1e-9:
        raise ValueError("polygon has no area; its points lie on one line")


def check_points(name: str, points: tuple[Point, ...]) -> None:
    """Raises: ValueError: a point is outside the picture."""
    for x, y in points:
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(
                f"{name} has [{x:g}, {y:g}] outside the picture; give fractions from 0 to 1"
            )


def crosses(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the way from a to b and that from c to d cross, and not only touch."""
    return side_of(a, b, c) * side_of(a, b, d) < 0 and side_of(c, d, a) * side_of(c, d, b) < 0


def side_of(a: Point, b: Point, point: Point) -> float:
    """Above 0: the point is on the right hand of who walks from a to b; 0: on the line itself."""
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])


def _sides(polygon: tuple[Point, ...]) -> zip[tuple[Point, Point]]:
    return zip(polygon, (*polygon[1:], polygon[0]), strict=True)
