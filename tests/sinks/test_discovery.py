"""What Home Assistant is told; tests/homeassistant asks the real one whether it understands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.core.about import About, AboutRule, Shown
from edgeinfer.sinks.discovery import Offers, document, id_of, without
from edgeinfer.sinks.discovery import components as components_of
from edgeinfer.sinks.topics import Topics

PORCH = Topics("edgeinfer", "porch")
ALL = Offers(commands=True, snapshots=True)
TRAIN = AboutRule(
    "train",
    {"passing": Shown("yes_no"), "speed_km_h": Shown("number", "speed", "km/h")},
    ("started", "ended"),
)


def told(*rules: AboutRule, offers: Offers = ALL, readings: tuple[str, ...] = ()) -> dict[str, Any]:
    about = About("0.1.0", "coco_ssd_mobilenet_v1", rules)
    return document(PORCH, about, offers, frozenset(readings))


def components(*rules: AboutRule, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = told(*rules, **more)["components"]
    return found


def test_it_names_the_device_its_origin_and_who_says_whether_it_is_there() -> None:
    whole = told(TRAIN)
    assert whole["device"]["identifiers"] == ["edgeinfer_porch"]
    assert whole["device"]["name"] == "porch"
    assert whole["origin"] == {"name": "edgeinfer", "sw_version": "0.1.0"}
    assert whole["availability"] == [{"topic": "edgeinfer/porch/status"}]


def test_a_rule_becomes_an_entity_for_each_thing_that_it_shows() -> None:
    found = components(TRAIN)
    assert found["passing.train"] == {
        "platform": "binary_sensor",
        "device_class": "occupancy",
        "name": "train",
        "state_topic": "edgeinfer/porch/state/train",
        "value_template": "{{ 'ON' if value_json['passing'] else 'OFF' }}",
        "unique_id": "edgeinfer_porch.passing.train",
        "default_entity_id": "binary_sensor.porch_train",
    }
    speed = found["speed_km_h.train"]
    assert (speed["platform"], speed["unit_of_measurement"]) == ("sensor", "km/h")
    assert (speed["device_class"], speed["state_class"]) == ("speed", "measurement")
    assert found["event.train"]["event_types"] == ["started", "ended"]
    assert found["picture.train"]["image_topic"] == "edgeinfer/porch/snapshot/train"


@pytest.mark.parametrize(
    ("commands", "snapshots", "there"),
    [
        (True, True, {"pause", "restart", "snapshot", "picture", "picture.train"}),
        (True, False, {"pause", "restart"}),
        (False, True, {"picture.train"}),
        (False, False, set[str]()),
    ],
)
def test_only_what_the_sink_does_is_offered(
    commands: bool, snapshots: bool, there: set[str]
) -> None:
    found = components(TRAIN, offers=Offers(commands, snapshots)).keys()
    assert there == found & {"pause", "restart", "snapshot", "picture", "picture.train"}


def test_what_the_board_cannot_measure_has_no_entity() -> None:
    measured = {"temperature", "under_voltage", "throttled"}
    assert not measured & components().keys()
    readings = ("temperature_c", "under_voltage", "throttled", "fan1_rpm")
    assert measured <= components(readings=readings).keys()


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, min_size=2, max_size=5))
def test_whatever_the_rules_are_called_no_two_entities_are_one(names: list[str]) -> None:
    rules = [AboutRule(name, TRAIN.shows, TRAIN.kinds) for name in names]
    found = components(*rules)
    assert len(found) == len(components()) + 4 * len(names)
    assert len({one["unique_id"] for one in found.values()}) == len(found)


@given(st.text(max_size=20))
def test_an_id_has_only_the_letters_that_home_assistant_allows(text: str) -> None:
    assert all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in id_of(text))


def test_what_has_gone_is_said_by_its_platform_alone() -> None:
    whole = told(TRAIN)
    farewell = without(whole, {"passing.bus": {"platform": "binary_sensor", "name": "bus"}})
    assert farewell["components"]["passing.bus"] == {"platform": "binary_sensor"}
    assert "passing.bus" not in whole["components"]
    assert components_of(farewell).keys() == {*whole["components"], "passing.bus"}


@pytest.mark.parametrize(
    "foreign",
    ["null", "[]", "3", '{"components": 3}', '{"components": {"a": 3, "b": {"platform": []}}}'],
)
def test_a_foreign_document_has_no_components_of_ours(foreign: str) -> None:
    assert components_of(json.loads(foreign)) == {}
