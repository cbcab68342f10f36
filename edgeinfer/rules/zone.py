"""zone: a place in the picture is occupied, or free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Le

from edgeinfer.core.about import Shown
from edgeinfer.core.results import Detection, Event, Result
from edgeinfer.rules.occlusion import Occlusion
from edgeinfer.rules.polygon import PlaceOptions
from edgeinfer.rules.smoothing import SettledCount
from edgeinfer.rules.stays import Stays


class ZoneRule:
    """`occupied`, `free`; `count` while the number inside changes; `loitering` once per object."""

    kinds: ClassVar[tuple[str, ...]] = ("occupied", "free", "count", "loitering")

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options(PlaceOptions):
        """`settle_s`: a change is told once it has held so long. `loiter_s`; None: not told."""

        settle_s: Annotated[float, Gt(0), Le(3600)] = 2.0
        loiter_s: Annotated[float, Gt(0), Le(86_400)] | None = None

    def __init__(self, name: str, options: Options | None = None) -> None:
        self.name = name
        self._options = options = options or self.Options()
        self._occlusion = Occlusion()
        self._count = SettledCount(options.settle_s)
        self._stays = Stays(options.loiter_s, options.settle_s) if options.loiter_s else None
        self._since_ns: int | None = None
        self.shows = {"occupied": Shown("yes_no"), "count": Shown("number", "count")}
        if self._stays:
            self.shows["loitering"] = Shown("yes_no", "loitering")

    @property
    def state(self) -> Mapping[str, Any]:
        count = self._count.count
        loitering = {"loitering": self._stays.long > 0} if self._stays else {}
        return {"occupied": count > 0, "count": count, **loitering}

    def update(self, result: Result) -> Sequence[Event]:
        seen = [one for one in result.findings if isinstance(one, Detection)]
        now_ns = result.frame.captured_ns
        inside = self._occlusion.update(self._options.inside(result.findings), seen, now_ns)
        return (*self._changes(result, len(inside)), *self._loiterers(result, inside))

    def _changes(self, result: Result, inside: int) -> Iterator[Event]:
        before, now_ns = self._count.count, result.frame.captured_ns
        if not self._count.update(inside, now_ns):
            return
        count = self._count.count
        facts: dict[str, float] = {"count": count, "before": before}
        if before and count:
            yield Event(self.name, "count", result, facts, place=self._options.polygon)
            return
        if self._since_ns is not None:
            facts["lasted_s"] = round((now_ns - self._since_ns) / 1e9, 3)
        self._since_ns = now_ns
        kind = "occupied" if count else "free"
        yield Event(self.name, kind, result, facts, place=self._options.polygon)

    def _loiterers(self, result: Result, inside: list[Detection]) -> Iterator[Event]:
        if self._stays is None:
            return
        for stay in self._stays.update(inside, result.frame.captured_ns)[0]:
            duration_s = round(stay.duration_s, 3)
            facts = {"track": stay.track, "label": stay.label, "duration_s": duration_s}
            yield Event(self.name, "loitering", result, facts, place=self._options.polygon)
