"""History: how the device was, over the last hour and the last day, in columns for a chart."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic, time
from typing import Any

from edgeinfer import state

COLUMNS = ("fps", "p50_ms", "p95_ms", "temperature_c", "clock_mhz", "memory_bytes")
STEPS_S = {"hour": 10.0, "day": 300.0}
"""360 points of the last hour, 288 of the last day."""

_SPANS_S = {"hour": 3600.0, "day": 86_400.0}
_FILE = "history.json"
_SAVE_S = 600.0  # a card wears out by writing
_log = logging.getLogger(__name__)

Point = tuple[float | None, ...]
"""Unix time, and a value for each column; None: the machine does not tell."""


class History:
    """`add` and `columns` by one thread; what is kept is read when it is made."""

    def __init__(
        self,
        folder: Path | None,
        clock_s: Callable[[], float] = time,
        monotonic_s: Callable[[], float] = monotonic,
    ) -> None:
        self._path = folder / _FILE if folder else None
        self._clock_s = clock_s
        self._monotonic_s = monotonic_s
        kept = state.kept(self._path) if self._path else {}
        self._points = {
            span: deque(_believable(kept.get(span)), maxlen=round(_SPANS_S[span] / step_s))
            for span, step_s in STEPS_S.items()
        }
        self._saved_s = monotonic_s()

    def add(self, facts: Mapping[str, Any]) -> None:
        """From health; at most a point for each step."""
        now_s = self._clock_s()
        point = (round(now_s, 1), *values_of(facts))
        for span, points in self._points.items():
            last_s = points[-1][0] if points else None
            # A clock that was set back begins anew, or nothing would come for hours.
            if last_s is not None and last_s > now_s:
                points.clear()
                last_s = None
            if last_s is None or now_s - last_s >= STEPS_S[span] * 0.95:
                points.append(point)

    def columns(self, span: str) -> dict[str, list[float | None]]:
        since_s = self._clock_s() - _SPANS_S[span]
        points = [point for point in self._points[span] if (point[0] or 0) >= since_s]
        names = ("time_s", *COLUMNS)
        return {name: [point[place] for point in points] for place, name in enumerate(names)}

    def save_when_due(self) -> None:
        if self._monotonic_s() - self._saved_s >= _SAVE_S:
            self.save()

    def save(self) -> None:
        self._saved_s = self._monotonic_s()
        if self._path is None or not any(self._points.values()):
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            state.keep(self._path, {span: list(points) for span, points in self._points.items()})
        except OSError as error:
            _log.warning("%s: %s; charts begin anew at each start", self._path, error.strerror)
            self._path = None


def values_of(facts: Mapping[str, Any]) -> Point:
    latency = facts.get("latency_ms")
    latency = latency if isinstance(latency, dict) else {}
    found = (
        facts.get("fps"),
        latency.get("p50"),
        latency.get("p95"),
        facts.get("temperature_c"),
        reading(facts, "clock_mhz"),
        reading(facts, "resident_bytes"),
    )
    return tuple(value if _is_number(value) else None for value in found)


def reading(facts: Mapping[str, Any], name: str) -> float | None:
    """The value of a sensor; None where the machine has none of that name."""
    readings = facts.get("readings")
    found = readings.get(name) if isinstance(readings, dict) else None
    value = found.get("value") if isinstance(found, dict) else None
    return value if _is_number(value) else None


def _believable(kept: object) -> list[Point]:
    """Points as they were saved; a file that somebody else wrote gives none."""
    if not isinstance(kept, list):
        return []
    whole = [p for p in kept if isinstance(p, list) and len(p) == len(COLUMNS) + 1]
    return [tuple(p) for p in whole if _is_number(p[0]) and all(map(_is_value, p))]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and value == value and abs(value) != float("inf")  # noqa: PLR0124 - not a NaN


def _is_value(value: object) -> bool:
    return value is None or _is_number(value)
