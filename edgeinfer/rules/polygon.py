"""Polygon: places in the picture, in fractions of it, and which point of a box stands there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import dist
from typing import Literal

from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Finding
from edgeinfer.rules.selection import LabelOptions

Point = tuple[float, float]
"""x from the left, y from the top."""
Side = tuple[Point, Point]
Anchor = Literal["bottom", "centre"]
"""The point of a box that says where the object is: its feet, or its middle (seen from above)."""

_SAME = 1e-6  # of the picture: nobody means less, and rounding errors are far below
_LEAST_AREA = 1e-6  # about one pixel of 720p


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
    """Raises: ValueError: it has no inside, leaves the picture, or is in its own way."""
    if len(polygon) < 3:
        raise ValueError(f"polygon has {len(polygon)} points; give at least 3, as [x, y] each")
    check_points("polygon", polygon)
    if any(dist(*two) < _SAME for two in combinations(polygon, 2)):
        raise ValueError("polygon names a point twice; it is closed by itself, leave out the last")
    if all(abs(side_of(polygon[0], polygon[1], point)) < _SAME for point in polygon):
        raise ValueError("polygon has no area; its points lie on one line")
    _check_sides(list(_sides(polygon)))


def _check_sides(sides: list[Side]) -> None:
    for (a, b), (_, c) in zip(sides, (*sides[1:], sides[0]), strict=True):
        if _touches(c, a, b) or _touches(a, b, c):
            raise ValueError(f"polygon folds back on itself at {_shown(b)}; leave that point out")
    if any(_meet(*one, *other) for one, other in _apart(sides)):
        raise ValueError("polygon crosses itself; give its points in their order around it")
    if abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) / 2 < _LEAST_AREA:
        raise ValueError("polygon has next to no area; give it some, in fractions of the picture")


def check_points(name: str, points: tuple[Point, ...]) -> None:
    """Raises: ValueError: a point is outside the picture."""
    for x, y in points:
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(
                f"{name} has {_shown((x, y))} outside the picture; give fractions from 0 to 1"
            )


def crosses(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the way from a to b and that from c to d cross, and not only touch."""
    return side_of(a, b, c) * side_of(a, b, d) < 0 and side_of(c, d, a) * side_of(c, d, b) < 0


def side_of(a: Point, b: Point, point: Point) -> float:
    """Above 0: the point is on the right hand of who walks from a to b; 0: on the line itself."""
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])


def _sides(polygon: tuple[Point, ...]) -> zip[Side]:
    return zip(polygon, (*polygon[1:], polygon[0]), strict=True)


def _apart(sides: list[Side]) -> Iterator[tuple[Side, Side]]:
    """Every two sides that have no corner in common."""
    return ((one, other) for one, other in combinations(sides, 2) if not {*one} & {*other})


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the way from a to b and that from c to d cross or touch."""
    ends = (a, c, d), (b, c, d), (c, a, b), (d, a, b)
    return crosses(a, b, c, d) or any(_touches(*end) for end in ends)


def _touches(point: Point, a: Point, b: Point) -> bool:
    """Whether it lies on the way from a to b."""
    (x, y), (x1, y1), (x2, y2) = point, a, b
    along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / dist(a, b) ** 2
    share = min(max(along, 0.0), 1.0)
    return dist(point, (x1 + share * (x2 - x1), y1 + share * (y2 - y1))) < _SAME


def _shown(point: Point) -> str:
    return f"[{point[0]:g}, {point[1]:g}]"
