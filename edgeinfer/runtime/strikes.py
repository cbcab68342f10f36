"""Strikes: how often in a row a delegate has ended the service, kept from one start to the next."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edgeinfer import state
from edgeinfer.wire import timestamp

FILE = "delegate.json"
ENOUGH = 3
_PAUSE_S = 60.0
_LONGEST_S = 86_400.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Strikes:
    """`last_s`: Unix time of the last one; `reason`: why."""

    delegate: str
    count: int = 0
    last_s: float = 0.0
    reason: str = ""

    def more(self, reason: str, now_s: float) -> Strikes:
        return replace(self, count=self.count + 1, last_s=now_s, reason=reason)

    @property
    def pause_s(self) -> float:
        """How long it is left alone: a minute after the third, then twice as long each time."""
        if self.count < ENOUGH:
            return 0.0
        doublings = min(self.count - ENOUGH, 11)  # 2^11 minutes are more than a day
        return min(_PAUSE_S * (1 << doublings), _LONGEST_S)

    def left_s(self, now_s: float) -> float:
        """Of that pause. A clock that was set back, as on a board without a battery, ends it."""
        return max(0.0, self.last_s + self.pause_s - now_s) if now_s >= self.last_s else 0.0

    def told(self) -> dict[str, str | int]:
        """What a message says of it."""
        return {
            "delegate": self.delegate,
            "failures": self.count,
            "reason": self.reason,
            "retry": timestamp(int((self.last_s + self.pause_s) * 1e9)),
        }


def read(folder: Path | None, delegate: str) -> Strikes:
    """Those against this delegate; none where nothing is kept."""
    found = state.kept(folder / FILE) if folder else {}
    try:
        strikes = Strikes(**found)
        fits = strikes.delegate == delegate and strikes.left_s(strikes.last_s) >= 0
    except (TypeError, ValueError, OverflowError):  # another version's, or damaged
        fits = False
    return strikes if fits else Strikes(delegate)


def write(folder: Path | None, strikes: Strikes) -> None:
    if folder is None:
        return
    try:
        state.keep(folder / FILE, asdict(strikes))
    except OSError as error:
        _log.warning("%s: %s; failures are not counted", folder / FILE, error.strerror or error)
