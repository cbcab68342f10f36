"""What is new comes as server-sent events, and what was missed comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from edgeinfer.core.results import Health, State
from tests.sinks.dashboard.serving import FACTS, Parts, event, result, serving, until
from tests.sinks.messages import NOON_NS

Told = tuple[str, dict[str, Any], str]


def _told(response: httpx.Response) -> Iterator[Told]:
    """Kind, data and id."""
    fields: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], json.loads(fields["data"]), fields.get("id", "")
            fields = {}


def _next(told: Iterator[Told], kind: str) -> Told:
    return next(one for one in told if one[0] == kind)


def test_results_events_health_and_states_come_as_they_are(tmp_path: Path) -> None:
    with (
        serving(tmp_path, fps=60.0) as dashboard,
        dashboard.client() as client,
        client.stream("GET", "/api/v1/updates") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        until(lambda: dashboard.parts.updates.listeners == 1)
        told = _told(stream)
        dashboard.show(result(2))
        _, found, _ = _next(told, "result")
        assert (found["seq"], found["picture_px"]) == (2, [64, 48])
        assert found["findings"][0]["label"] == "person"
        dashboard.send(event(3))
        _, happened, number = _next(told, "event")
        assert (happened["rule"], happened["words"]) == ("step", "step is occupied")
        assert client.get(happened["picture"]).headers["content-type"] == "image/jpeg"
        assert number == str(happened["number"])
        dashboard.send(State("step", NOON_NS, {"occupied": True}))
        assert _next(told, "state")[1] == {"rule": "step", "occupied": True}
        dashboard.send(Health(NOON_NS, {**FACTS, "fps": 1.5}))
        assert any(facts["fps"] == 1.5 for _, facts, _ in told if "fps" in facts)


def test_each_picture_that_is_shown_has_its_result(tmp_path: Path) -> None:
    """So that boxes are drawn on the frame in which they were found."""
    with (
        serving(tmp_path, fps=20.0) as dashboard,
        dashboard.client() as one,
        dashboard.client() as other,
        one.stream("GET", "/api/v1/updates") as updates,
        other.stream("GET", "/api/v1/stream.mjpg") as stream,
    ):
        parts = Parts(stream)
        next(parts)
        until(lambda: dashboard.parts.updates.listeners == 1)
        with dashboard.filming():
            seen = [next(parts)[0] for _ in range(20)]
            results = (document["seq"] for kind, document, _ in _told(updates) if kind == "result")
            told = [next(results) for _ in range(20)]
    assert _is_part_of(seen[2:10], told)


def _is_part_of(seen: list[int], told: list[int]) -> bool:
    """In that order, with others in between."""
    left = iter(told)
    return all(seq in left for seq in seen)


def test_what_was_missed_comes_first_and_nothing_twice(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        for seq in range(5):
            dashboard.send(event(seq))
        numbers = [one["number"] for one in client.get("/api/v1/events").json()["events"]]
        last = {"Last-Event-ID": str(numbers[2])}
        with client.stream("GET", "/api/v1/updates", headers=last) as stream:
            told = (one for one in _told(stream) if one[0] == "event")
            assert [next(told)[2] for _ in range(2)] == [str(n) for n in numbers[1::-1]]
            dashboard.send(event(4))  # the same once more
            dashboard.send(event(9))
            assert next(told)[1]["id"] == "step-9"


def test_an_id_that_is_none_is_no_reason_to_fail(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        for word in ("x", "-1", "9" * 40):
            with client.stream("GET", "/api/v1/updates", headers={"Last-Event-ID": word}) as stream:
                assert stream.status_code == 200
