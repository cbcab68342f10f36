"""Kept: what was timed on this board once, with what it takes to know whether it still holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from edgeinfer import whole

# Above this share of the processor, what other programs took shows in the time.
_MOST_OTHERS = 0.1


@dataclass(frozen=True, slots=True)
class Timed:
    """One model's time. `others_share`: of the processor, by other programs; None: not known."""

    ms: float
    others_share: float | None = None

    @property
    def disturbed(self) -> bool:
        return (self.others_share or 0.0) > _MOST_OTHERS


@dataclass(frozen=True, slots=True)
class Kept:
    """A time, the day on which it was measured (ISO 8601) and the digest of what was timed."""

    timed: Timed
    date: str
    digest: str


class Times:
    """A file of times by the model's key; only those that still hold are given out.

    `digest_of` says what would be timed today. A time taken while other programs ran holds only
    for the run that took it, and with `again` no earlier time holds.
    """

    def __init__(self, file: Path, digest_of: Callable[[str], str], *, again: bool = False) -> None:
        self.file = file
        self.writable = True
        self._digest_of = digest_of
        self._kept = _load(file)
        undisturbed = {key for key, kept in self._kept.items() if not kept.timed.disturbed}
        self._usable = set() if again else undisturbed

    def get(self, key: str) -> Kept | None:
        kept = self._kept.get(key)
        if kept is None or key not in self._usable or kept.digest != self._digest_of(key):
            return None
        return kept

    def put(self, key: str, timed: Timed, date: str) -> None:
        """At once in the file: what an impatient person interrupts is not lost."""
        self._kept[key] = Kept(timed, date, self._digest_of(key))
        self._usable.add(key)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            whole.write(self.file, (json.dumps(_table(self._kept), indent=2) + "\n").encode())
        except OSError:  # then it is measured again the next time; `writable` says so
            self.writable = False


def _table(kept: Mapping[str, Kept]) -> dict[str, dict[str, object]]:
    return {
        key: {**asdict(one.timed), "date": one.date, "digest": one.digest}
        for key, one in kept.items()
    }


def _load(file: Path) -> dict[str, Kept]:
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): _kept(**facts) for key, facts in table.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # nothing there yet, or nothing that helps: it is measured again


def _kept(ms: float, others_share: float | None, date: str, digest: str) -> Kept:
    share = None if others_share is None else float(others_share)
    return Kept(Timed(float(ms), share), str(date), str(digest))
