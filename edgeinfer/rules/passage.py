"""passage: something comes, goes by and is gone, as one event with a direction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Le

from edgeinfer.core.about import Shown
from edgeinfer.core.results import Detection, Event, Result
from edgeinfer.rules.selection import LabelOptions, Named, clearest
from edgeinfer.rules.shift import PictureShift, Shift
from edgeinfer.rules.smoothing import Presence
from edgeinfer.rules.span import span
from edgeinfer.rules.speed import MetresPerPictureWidth, speed
from edgeinfer.rules.travel import Travel

# What was last seen amid the picture, or filling it, has not left: it is only not found.
_VANISHED = 3  # times `gap_s`
_BORDER = 0.05  # a box that comes so near to both sides fills the picture

_SHOWS = {
    "passing": Shown("yes_no"),
    "count": Shown("total", "count"),
    "direction": Shown("text", "direction"),
    "duration_s": Shown("number", "duration", "s"),
}
_SPEED = {"speed_km_h": Shown("number", "speed", "km/h")}


class PassageRule:
    """`started` once it is here and moves; `ended` with all that is known, and its best picture."""

    kinds: ClassVar[tuple[str, ...]] = ("started", "ended")

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options(LabelOptions):
        """`gap_s`: unseen for so long after it was at the left or right border, it has passed.

        Last seen elsewhere, three times as long. What comes sooner belongs to the same passage.
        `settle_s`: scores are smoothed over this time.
        """

        settle_s: Annotated[float, Gt(0), Le(3600)] = 0.3
        gap_s: Annotated[float, Gt(0), Le(3600)] = 0.8
        metres_per_picture_width: MetresPerPictureWidth | None = None

    def __init__(self, name: str, options: Options | None = None) -> None:
        self.name = name
        self._options = options = options or self.Options()
        self._presence = Presence(options.settle_s, options.gap_s)
        self._shift = PictureShift()
        self._started = False
        self._ended = 0
        self._last: Mapping[str, Any] = {}
        self.shows = _SHOWS | (_SPEED if options.metres_per_picture_width else {})
        self._forget()

    @property
    def state(self) -> Mapping[str, Any]:
        """`count` is since the start; what follows it is of the last one that has ended."""
        last = {key: self._last.get(key) for key in self.shows if key not in ("passing", "count")}
        return {"passing": self._started, "count": self._ended, **last}

    def update(self, result: Result) -> Sequence[Event]:
        found = self._options.findings(result.findings)
        best = clearest(found, self._options)
        if best is not None and not self._presence.pending:
            self._forget()
        strength = self._options.strength(best) if best else 0.0
        self._presence.update(strength, result.frame.captured_ns)
        if best is None:
            self._travel.add((), None, result.frame.captured_ns)
        else:
            self._look(result, found, best, strength)
        return self._events(result)

    def _forget(self) -> None:
        self._travel = Travel()
        self._labels: Counter[str] = Counter()
        self._best: Result | None = None
        self._peak = self._score = 0.0
        self._shift.forget()

    def _look(self, result: Result, found: list[Named], best: Named, strength: float) -> None:
        boxes = [one for one in found if isinstance(one, Detection)]
        self._travel.add(boxes, self._inside(result, best), result.frame.captured_ns)
        self._labels[best.label] += 1
        if strength > self._peak:
            self._best, self._peak, self._score = result, strength, best.score
        if self._presence.last_ns == result.frame.captured_ns:
            self._presence.gap_s = self._options.gap_s * (1 if _is_leaving(best) else _VANISHED)

    def _inside(self, result: Result, best: Named) -> Shift | None:
        """The motion inside an object that fills the picture from side to side."""
        pixels = result.frame.pixels
        if isinstance(best, Detection) and pixels.size:
            box = best.box
            if _borders(best) == 2:
                return self._shift.update(pixels, box.top, box.bottom, result.frame.captured_ns)
        self._shift.forget()
        return None

    def _events(self, result: Result) -> Sequence[Event]:
        if self._presence.here and not self._started and self._travel.moved:
            self._started = True
            return (self._event("started", result),)
        if self._started and not self._presence.here:
            self._started = False
            ended = self._event("ended", result)
            self._ended, self._last = self._ended + 1, ended.facts
            return (ended,)
        return ()

    def _event(self, kind: str, now: Result) -> Event:
        over = self._presence.last_ns if kind == "ended" else None
        facts = {
            "label": self._labels.most_common(1)[0][0],
            "score": round(self._score, 4),
            "direction": self._travel.direction,
            **span(now.frame, self._presence.first_ns, over),
            **speed(self._travel.speed, self._options.metres_per_picture_width),
        }
        return Event(self.name, kind, now, facts, best=self._best if over else None)


def _borders(one: Detection) -> int:
    """How many of the picture's left and right borders it touches."""
    return (one.box.left <= _BORDER) + (one.box.right >= 1 - _BORDER)


def _is_leaving(one: Named) -> bool:
    return isinstance(one, Detection) and _borders(one) == 1
