"""WordsSink: events in words, for a person at a terminal: one line each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edgeinfer.core.results import Classification, Detection, Event, Message, Result
from edgeinfer.sinks.jsonl import JsonlSink

# What the rules and the service say, by rule or kind; {rule} and {label} stand for themselves.
_SAYINGS = {
    "here": "{label} is here",
    "gone": "{label} is gone",
    "started": "{label} comes",
    "ended": "{label} passed",
    "occupied": "{rule} is occupied",
    "free": "{rule} is free",
    "loitering": "{label} loiters in {rule}",
    "in": "{label} crossed {rule}, in",
    "out": "{label} crossed {rule}, out",
    "dwelling": "{label} stays in {rule}",
    "left": "{label} left {rule}",
    "count": "{rule}",
}
_OF_SERVICE = ("model", "camera", "engine", "service", "snapshot")
_UNSAID = ("label", "track", "began", "ended", "by_label", "in", "out")
_WORDY = ("direction", "from", "to", "binds", "reason")  # the value says what it is
_UNITS = {"_s": "s", "_m_s": "m/s", "_km_h": "km/h", "_fps": "fps", "_c": "°C"}


class WordsSink(JsonlSink):
    """Events as lines such as "12:04:31 train passed, right to left, 4.1 s, score 0.78".

    With `results`, the labels of a result too, whenever they are others than before.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`path` is a file, which is appended to; "-" is standard output."""

        path: str = "-"
        results: bool = False

    def __init__(self, options: Options, device: str) -> None:
        super().__init__(JsonlSink.Options(options.path), device)
        self._results = options.results
        self._labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"words:{self._path}"

    def _line(self, message: Message) -> str:
        if isinstance(message, Event):
            return f"{_clock(message.result)} {say(message)}"
        if isinstance(message, Result) and self._results:
            return self._seen(message)
        return ""

    def _seen(self, result: Result) -> str:
        labels = tuple(sorted(_labels(result)))
        if labels == self._labels:
            return ""
        self._labels = labels
        return f"{_clock(result)} {', '.join(labels) or 'nothing'}"


def say(event: Event) -> str:
    """What happened, and the facts that a person asks for next."""
    saying = "{rule}: {kind}" if event.rule in _OF_SERVICE else _SAYINGS.get(event.kind)
    words = {"rule": event.rule, "kind": event.kind, "label": event.facts.get("label", event.rule)}
    said = (saying or "{rule}: {kind}").format_map(words)
    return ", ".join([said, *_facts(_telling(event))])


def _telling(event: Event) -> dict[str, Any]:
    """Not that a bay which is occupied holds one, and held none before."""
    if event.kind not in ("occupied", "free"):
        return dict(event.facts)
    facts = {key: value for key, value in event.facts.items() if key != "before"}
    return facts if facts.get("count", 0) > 1 else {**facts, "count": None}


def _facts(facts: Any) -> Iterator[str]:
    score_last = sorted(facts.items(), key=lambda fact: fact[0] == "score")
    for key, value in score_last:
        if key in _UNSAID or value in ("unknown", None) or isinstance(value, dict):
            continue
        if key in _WORDY:
            lead = "" if key in ("direction", "reason") else f"{key} "
            yield lead + str(value).replace("_", " ")
        else:
            yield _measured(key, value)


def _measured(key: str, value: Any) -> str:
    """A number with its unit, which its name ends in; and what it is, if that is not plain."""
    suffix = next((end for end in sorted(_UNITS, key=len)[::-1] if key.endswith(end)), "")
    name = key.removesuffix(suffix).replace("_", " ")
    if not suffix:
        return f"{name} {_number(value)}"
    number = f"{_number(value)} {_UNITS[suffix]}"
    return number if name in ("duration", "speed") else f"{name} {number}"


def _number(value: Any) -> str:
    """Two digits say enough of what was measured; what was counted is whole."""
    if isinstance(value, float):
        return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
    return str(value)


def _labels(result: Result) -> Iterator[str]:
    """As in "person", "2 cars"."""
    found = [f.label for f in result.findings if isinstance(f, Detection | Classification)]
    for label in set(found):
        count = found.count(label)
        yield label if count == 1 else f"{count} {label}s"


def _clock(result: Result) -> str:
    """The local time of its frame, as on the wall beside the person."""
    return datetime.fromtimestamp(result.frame.wall_ns / 1e9).astimezone().strftime("%H:%M:%S")
