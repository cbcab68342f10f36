"""dwell: an object stays longer than it should, and how long it stayed in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Le

from edgeinfer.core.about import Shown
from edgeinfer.core.results import Event, Result
from edgeinfer.rules.polygon import PlaceOptions
from edgeinfer.rules.span import span
from edgeinfer.rules.stays import Stay, Stays


class DwellRule:
    """`dwelling` when an object has stayed for `longer_s`; `left` when it has gone."""

    shows: ClassVar[Mapping[str, Shown]] = {
        "dwelling": Shown("yes_no"),
        "count": Shown("number", "count"),
        "duration_s": Shown("number", "last duration", "s"),
    }
    kinds: ClassVar[tuple[str, ...]] = ("dwelling", "left")

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options(PlaceOptions):
        """`gap_s`: unseen in the place for so long, it has left."""

        longer_s: Annotated[float, Gt(0), Le(86_400)] = 10.0
        gap_s: Annotated[float, Gt(0), Le(3600)] = 2.0

    def __init__(self, name: str, options: Options | None = None) -> None:
        self.name = name
        self._options = options = options or self.Options()
        self._stays = Stays(options.longer_s, options.gap_s)
        self._duration_s: float | None = None

    @property
    def state(self) -> Mapping[str, Any]:
        """`count` are those that dwell now, `duration_s` is of the last one that left."""
        count = self._stays.long
        return {"dwelling": count > 0, "count": count, "duration_s": self._duration_s}

    def update(self, result: Result) -> Sequence[Event]:
        inside = self._options.inside(result.findings)
        became, gone = self._stays.update(inside, result.frame.captured_ns)
        if gone:
            self._duration_s = round(gone[-1].duration_s, 3)
        return (
            *(self._event(result, "dwelling", stay, None) for stay in became),
            *(self._event(result, "left", stay, stay.seen_ns) for stay in gone),
        )

    def _event(self, result: Result, kind: str, stay: Stay, last_ns: int | None) -> Event:
        facts: dict[str, Any] = {"track": stay.track, "label": stay.label}
        facts |= span(result.frame, stay.began_ns, last_ns)
        return Event(self.name, kind, result, facts, place=self._options.polygon)
