from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from edgeinfer.core.results import Classification, Event, Finding, Message, Result
from edgeinfer.sinks.words import WordsSink, say
from tests.doubles import frame, result


def written(path: Path, *messages: Message, results: bool = False) -> list[str]:
    """The lines, without the time that each begins with."""
    with WordsSink(WordsSink.Options(str(path), results=results), "porch") as sink:
        for message in messages:
            sink.send(message)
    lines = path.read_text().splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d ", line) for line in lines)
    return [line[9:] for line in lines]


def seen(*findings: Finding) -> Result:
    return Result(frame(), "double", findings, result().timing)


PASSED = {
    "label": "train",
    "score": 0.7852,
    "direction": "right_to_left",
    "began": "2026-11-23T12:04:27.000Z",
    "ended": "2026-11-23T12:04:31.100Z",
    "duration_s": 4.1,
    "speed_km_h": 61.7,
}


@pytest.mark.parametrize(
    ("rule", "kind", "facts", "words"),
    [
        ("north", "ended", PASSED, "train passed, right to left, 4.1 s, 62 km/h, score 0.79"),
        ("bay 3", "occupied", {"count": 1, "before": 0}, "bay 3 is occupied"),
        ("bay 3", "free", {"count": 0, "before": 1, "lasted_s": 9.0}, "bay 3 is free, lasted 9 s"),
        ("hall", "occupied", {"count": 3, "before": 0}, "hall is occupied, count 3"),
        ("gate", "in", {"label": "person", "track": 4, "in": 2}, "person crossed gate, in"),
        ("model", "changed", {"from": "a", "to": "b"}, "model: changed, from a, to b"),
        ("camera", "dark", {"from": "ok"}, "camera: dark, from ok"),
        ("mine", "sang", {"loud_s": 2.0}, "mine: sang, loud 2 s"),
        ("north", "started", {"label": "train", "direction": "unknown"}, "train comes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_event_is_said_with_the_facts_that_a_person_asks_for(
    rule: str, kind: str, facts: dict[str, Any], words: str
) -> None:
    assert say(Event(rule, kind, result(), facts)) == words


def test_each_event_is_a_line_with_the_time_on_the_wall(tmp_path: Path) -> None:
    events = [Event("n", kind, result(), {"label": "train"}) for kind in ("started", "ended")]
    assert written(tmp_path / "out", *events) == ["train comes", "train passed"]


def test_results_are_no_events(tmp_path: Path) -> None:
    assert written(tmp_path / "out", seen(Classification("cat", 0.9))) == []


def test_what_is_in_the_picture_is_said_when_it_changes(tmp_path: Path) -> None:
    cat, dog = Classification("cat", 0.9), Classification("dog", 0.8)
    lines = written(
        tmp_path / "out", seen(cat), seen(cat), seen(cat, dog), seen(cat, cat), seen(), results=True
    )
    assert lines == ["cat", "cat, dog", "2 cats", "nothing"]
