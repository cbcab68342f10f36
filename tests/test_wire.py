"""The wire form, and that docs/messages.md tells the truth of it."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer import wire
from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import (
    Classification,
    Detection,
    Event,
    Finding,
    Health,
    Keypoint,
    Mask,
    Pose,
    Result,
    State,
    Timing,
)
from tests.conftest import ROOT

NOON_NS = 1_795_435_200_123_000_000
TRAIN = Detection("train", 0.71, Box(0.0, 0.2, 1.0, 0.9), track=3)
NOSE = Keypoint("nose", 0.95, 0.5, 0.25)
CELLS = np.array([[0, 0], [0, 2]], np.uint8)


def result(*findings: Finding) -> Result:
    frame = Frame(np.zeros((2, 2, 3), np.uint8), 41, 0, NOON_NS, "train_day.mp4")
    return Result(frame, "coco_ssd_mobilenet_v1", findings, Timing(0.2, 0.5, 14.1, 0.1))


def event() -> Event:
    facts = {"direction": "right_to_left"}
    return Event("passage", "started", result(TRAIN), facts, "5f0c8d5e7b9a4c02a7f7d3c1e6b4a901")


def found(finding: Finding) -> dict[str, Any]:
    """The finding as it is in the JSON of a result."""
    alone: list[dict[str, Any]] = json.loads(wire.to_json(result(finding)))["findings"]
    assert len(alone) == 1
    return alone[0]


def documented() -> list[str]:
    text = (ROOT / "docs" / "messages.md").read_text()
    return re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)


def test_the_page_shows_a_result_an_event_and_a_state_as_they_are_sent() -> None:
    assert wire.to_json(result(TRAIN)) in documented()
    assert wire.to_json(event()) in documented()
    assert wire.to_json(State("bay 3", NOON_NS, {"occupied": True, "count": 2})) in documented()


def test_two_events_never_have_one_id() -> None:
    assert Event("a", "b", result(), {}).id != Event("a", "b", result(), {}).id


def test_the_facts_of_health_stand_beside_its_time() -> None:
    sent = json.loads(wire.to_json(Health(NOON_NS, {"binds": "duty"})))
    assert sent == {
        "v": 1,
        "type": "health",
        "time": "2026-11-23T12:00:00.123Z",
        "binds": "duty",
    }


@pytest.mark.parametrize(
    "finding",
    [
        Classification("tabby", 0.8242),
        TRAIN,
        Pose(0.9, (NOSE,)),
        Mask(("background", "dog", "cat"), CELLS),
    ],
    ids=lambda finding: type(finding).__name__,
)
def test_the_page_shows_every_kind_of_finding_as_it_is_sent(finding: Finding) -> None:
    assert found(finding) in [json.loads(example) for example in documented()]


def test_the_page_names_every_key() -> None:
    text = (ROOT / "docs" / "messages.md").read_text()
    sent = wire.to_dict(result(TRAIN))
    keys = {*sent, *wire.to_dict(event())} - {"timing_ms"}
    keys |= {f"timing_ms.{key}" for key in sent["timing_ms"]}
    assert {key for key in keys if f"`{key}`" not in text} == set()


def test_without_a_tracker_there_is_no_track() -> None:
    assert "track" not in found(Detection("train", 0.5, Box(0, 0, 1, 1)))


def test_the_first_track_is_there_though_its_number_is_zero() -> None:
    assert found(Detection("train", 0.5, Box(0, 0, 1, 1), track=0))["track"] == 0


def test_numbers_are_rounded_and_not_cut() -> None:
    detection = found(Detection("train", 0.123456, Box(0.00006, 1 / 3, 2 / 3, 1)))
    assert detection["score"] == 0.1235
    assert list(detection["box"].values()) == [0.0001, 0.3333, 0.6667, 1]


@pytest.mark.parametrize(
    ("wall_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (NOON_NS, "2026-11-23T12:00:00.123Z"),
        (NOON_NS + 999_999, "2026-11-23T12:00:00.123Z"),
        (1_795_435_199_999_999_999, "2026-11-23T11:59:59.999Z"),
    ],
)
def test_time_is_utc_in_whole_milliseconds(wall_ns: int, text: str) -> None:
    assert wire.timestamp(wall_ns) == text


@given(st.integers(0, 4_102_444_800_000))
def test_every_millisecond_up_to_2100_keeps_its_number(wall_ms: int) -> None:
    assert wire.timestamp(wall_ms * 1_000_000)[-4:-1] == f"{wall_ms % 1000:03d}"


@given(st.text())
def test_any_label_is_one_line_that_reads_back(label: str) -> None:
    line = wire.to_json(result(Classification(label, 0.5)))
    assert "\n" not in line
    assert json.loads(line)["findings"][0]["label"] == label


def test_a_result_without_findings_is_a_result() -> None:
    assert json.loads(wire.to_json(result()))["findings"] == []


def test_facts_go_out_as_they_are() -> None:
    facts = {"duration_s": 4.1, "labels": ["train"], "ended": True, "next": None}
    sent = json.loads(wire.to_json(Event("passage", "ended", result(), facts)))
    assert sent["facts"] == facts


@given(
    st.integers(0, 2**62),
    st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()),
    st.booleans(),
)
def test_an_event_that_was_read_says_the_same_again(
    wall_ns: int, facts: dict[str, Any], uncertain: bool
) -> None:
    frame = Frame(np.zeros((2, 2, 3), np.uint8), 41, 17, wall_ns, "train_day.mp4")
    made = Event("a", "b", Result(frame, "m", (TRAIN,), Timing(1, 1, 1, 1)), facts, "id", uncertain)
    said = wire.to_json(made)
    assert wire.to_json(wire.event_of(json.loads(said))) == said


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"type": "result"}, {"time": "noon"}, {"time": 3}, {"facts": None}],
)
def test_what_is_no_event_is_not_read_as_one(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"event|isoformat"):
        wire.event_of({**wire.to_dict(event()), **change})


def test_an_event_that_lacks_a_key_is_not_read() -> None:
    document = wire.to_dict(event())
    del document["rule"]
    with pytest.raises(ValueError, match="rule"):
        wire.event_of(document)
