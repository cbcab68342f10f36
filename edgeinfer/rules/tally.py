"""Tally: how many came in an hour and on a day, and the small file that outlives a restart."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from edgeinfer import whole

_log = logging.getLogger(__name__)

_VERSION = 1
# An SD card wears out by writing: at most once a minute and at the end, and only what is new.
_EVERY_NS = 60 * 10**9


@dataclass(frozen=True, slots=True)
class Tally:
    """`hour` and `day` are those that are counted, as in "2026-11-23T12" and "2026-11-23"."""

    hour: str = ""
    in_hour: int = 0
    day: str = ""
    on_day: int = 0
    total: int = 0

    def after(self, moment: datetime, came: int) -> Tally:
        """With `came` more at that moment; a new hour and a new day begin with 0."""
        hour, day = moment.strftime("%Y-%m-%dT%H"), moment.strftime("%Y-%m-%d")
        if not came and hour == self.hour:
            return self
        return Tally(
            hour=hour,
            in_hour=came + (self.in_hour if hour == self.hour else 0),
            day=day,
            on_day=came + (self.on_day if day == self.day else 0),
            total=came + self.total,
        )


class TallyFile:
    """One rule's tally, written whole or not at all. That it cannot be is warned of once."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / ("count-" + re.sub(r"[^\w-]", "_", name) + ".json")
        self._kept = Tally()
        self._written_ns: int | None = None
        self._failed = False

    def read(self) -> Tally:
        """What was kept; an empty tally, with a warning, where the file cannot be understood."""
        try:
            self._kept = _tally(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            _log.warning("%s: %s; counting begins at 0", self._path, _reason(error))
        return self._kept

    def keep(self, tally: Tally, now_ns: int) -> None:
        """Write it, if it is new and the last time is a minute ago."""
        if self._written_ns is not None and now_ns - self._written_ns < _EVERY_NS:
            return
        if self._is_new(tally):
            self._written_ns = now_ns
            self._try_to_write(tally)

    def close(self, tally: Tally) -> None:
        """Write it, if it is new; nothing comes after it."""
        if self._is_new(tally):
            self._try_to_write(tally)

    def _is_new(self, tally: Tally) -> bool:
        """That another hour has begun is none."""
        return replace(tally, hour="", day="") != replace(self._kept, hour="", day="")

    def _try_to_write(self, tally: Tally) -> None:
        try:
            data = json.dumps({"v": _VERSION} | asdict(tally)).encode()
            whole.write(self._path, data, sync=False)  # the next frame does not wait for a card
        except OSError as error:
            self._warn(error)
        else:
            self._kept, self._failed = tally, False

    def _warn(self, error: OSError) -> None:
        if not self._failed:
            _log.warning("%s: %s; a restart would lose the count", self._path, _reason(error))
        self._failed = True


def _tally(text: str) -> Tally:
    """Raises: ValueError: it is no tally of this version."""
    table = json.loads(text)
    if not isinstance(table, dict) or table.pop("v", None) != _VERSION:
        raise ValueError("is of another version")
    try:
        tally = Tally(**table)
    except TypeError:
        raise ValueError("is no tally") from None
    if any(
        type(value) is not type(kept)
        for value, kept in zip(_values(tally), _values(Tally()), strict=True)
    ):
        raise ValueError("is no tally")
    return tally


def _values(tally: Tally) -> tuple[object, ...]:
    return tuple(asdict(tally).values())


def _reason(error: OSError | ValueError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
