"""count: how many are here now, and how many came in this hour and on this day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import Gt, Le

from edgeinfer import state
from edgeinfer.core.about import Shown
from edgeinfer.core.results import Event, Result
from edgeinfer.rules.polygon import PlaceOptions
from edgeinfer.rules.smoothing import SettledCount
from edgeinfer.rules.stays import Stays
from edgeinfer.rules.tally import Tally, TallyFile


class CountRule:
    """`count` when the number now, of this hour or of this day has changed.

    An object counts once, when its track has been in the place for `settle_s`. Hours and days are
    those of the clock on the wall, and survive a restart.
    """

    shows: ClassVar[Mapping[str, Shown]] = {
        "now": Shown("number", "now"),
        "hour": Shown("total", "this hour"),
        "day": Shown("total", "today"),
        "total": Shown("total", "in all"),
    }
    kinds: ClassVar[tuple[str, ...]] = ("count",)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Options(PlaceOptions):
        """`folder`: where the numbers are kept; None: in the state directory."""

        settle_s: Annotated[float, Gt(0), Le(3600)] = 1.0
        folder: Path | None = None

    def __init__(
        self, name: str, options: Options | None = None, zone: tzinfo | None = None
    ) -> None:
        """`zone`: whose hours and days; None: this machine's."""
        self.name = name
        self._options = options = options or self.Options()
        self._zone = zone
        folder = options.folder or state.directory()
        self._file = TallyFile(folder, name) if folder else None
        self._tally = self._file.read() if self._file else Tally()
        self._now = SettledCount(options.settle_s)
        # An object that was away for long has another number when it is back.
        self._stays = Stays(options.settle_s, max(options.settle_s, 2.0))

    @property
    def state(self) -> Mapping[str, Any]:
        tally = self._tally
        return {
            "now": self._now.count,
            "hour": tally.in_hour,
            "day": tally.on_day,
            "total": tally.total,
        }

    def update(self, result: Result) -> Sequence[Event]:
        frame = result.frame
        inside = self._options.inside(result.findings)
        came = self._stays.update(inside, frame.captured_ns)[0]
        changed = self._now.update(len(inside), frame.captured_ns)
        moment = datetime.fromtimestamp(frame.wall_ns / 1e9, self._zone)
        tally = self._tally.after(moment, len(came))
        changed = changed or tally != self._tally
        self._tally = tally
        if self._file:
            self._file.keep(tally, frame.captured_ns)
        return (self._event(result),) if changed else ()

    def close(self) -> None:
        """Write what the last minute has brought."""
        if self._file:
            self._file.close(self._tally)

    def _event(self, result: Result) -> Event:
        return Event(self.name, "count", result, self.state, place=self._options.polygon)
