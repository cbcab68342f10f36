"""crossing: objects that go over a line, by direction and label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import copysign, dist, hypot
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le

from edgeinfer.core.about import Shown
from edgeinfer.core.results import Detection, Event, Result
from edgeinfer.rules.crossing_path import Path
from edgeinfer.rules.polygon import Anchor, Point, anchor_of, check_points, crosses, side_of
from edgeinfer.rules.selection import LabelOptions
from edgeinfer.rules.speed import MetresPerPictureWidth, speed

_FORGET_NS = 60 * 10**9  # a number that a tracker gave up is never used again


class CrossingRule:
    """`in`: from the left hand to the right hand of who walks the line; `out`: back.

    An object counts when its anchor was seen beyond the line `frames` times in a row. It has to go
    over the line itself, not around its ends.
    """

    shows: ClassVar[Mapping[str, Shown]] = {
        "in": Shown("total", "in"),
        "out": Shown("total", "out"),
    }
    kinds: ClassVar[tuple[str, ...]] = ("in", "out")

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options(LabelOptions):
        """`margin`: nearer to the line than this, in fractions, an object is on neither side."""

        line: tuple[Point, Point]
        anchor: Anchor = "bottom"
        frames: Annotated[int, Ge(1), Le(1000)] = 2
        margin: Annotated[float, Ge(0), Le(0.5)] = 0.02
        metres_per_picture_width: MetresPerPictureWidth | None = None

        def __post_init__(self) -> None:
            check_points("line", self.line)
            if dist(*self.line) < 0.01:
                raise ValueError(
                    f"line {[list(point) for point in self.line]} has no length; "
                    "give two points that lie apart"
                )

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        self._options = options
        self._paths: dict[int, Path] = {}
        self._counts: dict[Literal["in", "out"], Counter[str]] = {"in": Counter(), "out": Counter()}

    @property
    def state(self) -> Mapping[str, Any]:
        """Since the start."""
        return self._totals()

    def update(self, result: Result) -> Sequence[Event]:
        now_ns = result.frame.captured_ns
        self._paths = {
            track: path for track, path in self._paths.items() if now_ns - path.seen_ns < _FORGET_NS
        }
        objects = self._options.objects(result.findings)
        return tuple(event for one in objects if (event := self._follow(one, result)))

    def _follow(self, one: Detection, result: Result) -> Event | None:
        if one.track is None:
            return None
        path = self._paths.setdefault(one.track, Path())
        point = anchor_of(one.box, self._options.anchor)
        path.add(point, one.label, result.frame.captured_ns)
        side = self._side(point)
        crossing = path.crossed(point, side, self._options.frames)
        if crossing is None or not crosses(*crossing, *self._options.line):
            return None
        return self._event(result, one, path, "in" if side > 0 else "out")

    def _side(self, point: Point) -> int:
        """1: on the right hand, -1: on the left, 0: on the line."""
        start, end = self._options.line
        distance = side_of(start, end, point) / dist(start, end)
        return 0 if abs(distance) <= self._options.margin else int(copysign(1, distance))

    def _event(
        self, result: Result, one: Detection, path: Path, kind: Literal["in", "out"]
    ) -> Event:
        self._counts[kind][path.label] += 1
        facts: dict[str, Any] = {
            "track": one.track,
            "label": path.label,
            "score": round(one.score, 4),
            **self._totals(),
            "by_label": {way: dict(counts) for way, counts in self._counts.items()},
            **speed(self._speed(result, path), self._options.metres_per_picture_width),
        }
        return Event(self.name, kind, result, facts, place=self._options.line)

    def _totals(self) -> dict[str, int]:
        return {way: counts.total() for way, counts in self._counts.items()}

    def _speed(self, result: Result, path: Path) -> float | None:
        """Widths of the picture a second, over the last moments of the way."""
        frame = result.frame
        if not frame.pixels.size:
            return None
        x, y, seconds = path.lately()
        return hypot(x, y * frame.height_px / frame.width_px) / seconds if seconds else None
