"""Health as metrics: each number of it under the name that docs/sinks.md gives it.

What health does not say has no metric; what is not a number is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeGuard, get_args

from edgeinfer.core.results import Binds

# A board has some twenty readings; a sensor that invents names would fill the server.
_MOST_READINGS = 100


@dataclass(frozen=True, slots=True)
class Metric:
    """One sample; a name that ends in `_total` only grows."""

    name: str
    help: str
    labels: Mapping[str, str]
    value: float


_PLAIN = {
    "uptime_s": ("edgeinfer_uptime_seconds", "Since the start of the service"),
    "temperature_c": ("edgeinfer_temperature_celsius", "The hottest sensor"),
    "frame_age_s": ("edgeinfer_frame_age_seconds", "Since the newest frame was captured"),
    "allowed_fps": ("edgeinfer_allowed_fps", "Frames a second that the limits allow"),
    "duty": ("edgeinfer_duty_ratio", "CPU time over wall time, for each thread of the model"),
}
_FRAMES = {"frames": "read", "results": "inferred", "dropped": "dropped", "still": "still"}
_SINK = {"delivered": "delivered", "dropped": "dropped", "kept": "kept"}


def metrics_of(facts: Mapping[str, Any]) -> Iterator[Metric]:
    for key, (name, words) in _PLAIN.items():
        yield from _sample(name, words, {}, facts.get(key))
    for key, disposition in _FRAMES.items():
        labels = {"disposition": disposition}
        yield from _sample(
            "edgeinfer_frames_total", "Frames by what became of them", labels, facts.get(key)
        )
    yield from _binds(facts.get("binds"))
    yield from _readings(facts.get("readings"))
    yield from _sinks(facts.get("sinks"))


def _binds(binds: object) -> Iterator[Metric]:
    """One sample for each limit, so that none vanishes when it no longer binds."""
    if binds in get_args(Binds):
        for limit in get_args(Binds):
            words = "1 for what sets the frame rate"
            yield Metric("edgeinfer_binds", words, {"limit": limit}, float(limit == binds))


def _readings(readings: object) -> Iterator[Metric]:
    if isinstance(readings, Mapping):
        for name, reading in list(readings.items())[:_MOST_READINGS]:
            labels = {"name": str(name), "unit": str(reading["unit"])}
            words = "What a sensor of the machine says, in its unit"
            yield from _sample("edgeinfer_reading", words, labels, reading["value"])


def _sinks(sinks: object) -> Iterator[Metric]:
    """Sinks of one name count together: a series may be there only once."""
    sums: dict[tuple[str, str], float] = {}
    for sink in sinks if isinstance(sinks, list) else []:
        for key in (*_SINK, "waiting"):
            if _is_number(sink.get(key)):
                place = str(sink["name"]), key
                sums[place] = sums.get(place, 0.0) + sink[key]
    for (name, key), value in sums.items():
        if key == "waiting":
            words = "Messages that wait for a sink"
            yield Metric("edgeinfer_sink_waiting", words, {"sink": name}, value)
        else:
            labels = {"sink": name, "disposition": _SINK[key]}
            words = "Messages by what became of them"
            yield Metric("edgeinfer_sink_messages_total", words, labels, value)


def _sample(name: str, words: str, labels: dict[str, str], value: object) -> Iterator[Metric]:
    if _is_number(value):
        yield Metric(name, words, labels, value)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
