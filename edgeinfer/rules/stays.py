"""Stays: how long each object has been in a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edgeinfer.core.patience import Patience
from edgeinfer.core.results import Detection


@dataclass(slots=True)
class Stay:
    """One object's time in the place, from `began_ns` to when it was last seen there."""

    track: int
    label: str
    began_ns: int
    seen_ns: int
    is_long: bool = False

    @property
    def duration_s(self) -> float:
        return (self.seen_ns - self.began_ns) / 1e9


class Stays:
    """Tells of each object once that it stays longer than `longer_s`, and once that it left.

    It has left when it was not seen for `gap_s`, nor in the last three frames.
    """

    def __init__(self, longer_s: float, gap_s: float) -> None:
        self._longer_s = longer_s
        self._patience = Patience(gap_s)
        self._stays: dict[int, Stay] = {}

    @property
    def long(self) -> int:
        """How many stay longer than that just now."""
        return sum(stay.is_long for stay in self._stays.values())

    def update(self, inside: Iterable[Detection], now_ns: int) -> tuple[list[Stay], list[Stay]]:
        """Those that have just become long, and the long ones that are over."""
        gone_ns = self._patience.update(now_ns)
        gone = [s for s in self._stays.values() if s.seen_ns < gone_ns]
        for left in gone:
            del self._stays[left.track]
        became = [stay for one in inside if (stay := self._see(one, now_ns))]
        return became, [s for s in gone if s.is_long]

    def _see(self, one: Detection, now_ns: int) -> Stay | None:
        """Its stay, if it became long just now."""
        if one.track is None:
            return None
        stay = self._stays.setdefault(one.track, Stay(one.track, one.label, now_ns, now_ns))
        stay.seen_ns = now_ns
        if stay.is_long or stay.duration_s < self._longer_s:
            return None
        stay.is_long = True
        return stay
