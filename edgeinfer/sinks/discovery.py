"""What Home Assistant is told of a device, so that its entities appear by themselves.

Device-based discovery, in long names: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
Nothing here speaks to a broker; `announcer.py` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from edgeinfer.core.about import About, AboutRule, Shown
from edgeinfer.sinks.diagnostics import diagnostics
from edgeinfer.sinks.topics import Topics

_CLASSES = {"s": "duration", "m/s": "speed", "km/h": "speed"}

Component = dict[str, Any]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Offers:
    """What the sink does besides telling."""

    commands: bool
    snapshots: bool


def document(topics: Topics, about: About, offers: Offers, readings: frozenset[str]) -> Document:
    """The payload of `homeassistant/device/<id>/config`; `components` by their ids.

    `readings` are the names in health of what the board can measure.
    """
    own = device_id(topics)
    found = {
        **dict(_of_rules(topics, about.rules, snapshots=offers.snapshots)),
        **dict(diagnostics(topics.health, readings)),
        **dict(_controls(topics, offers)),
    }
    return {
        "device": {
            "identifiers": [own],
            "name": topics.device,
            "manufacturer": "edgeinfer",
            "model": about.model,
            "sw_version": about.version,
        },
        "origin": {"name": "edgeinfer", "sw_version": about.version},
        "availability": [{"topic": topics.status}],
        "qos": 1,
        "components": {
            key: {
                **component,
                "unique_id": f"{own}.{key}",
                "default_entity_id": _entity_id(topics.device, component),
            }
            for key, component in found.items()
        },
    }


def without(whole: Document, gone: Mapping[str, Component]) -> Document:
    """The document that says of the components `gone` that they are no more."""
    ended = {key: {"platform": component["platform"]} for key, component in gone.items()}
    return whole | {"components": whole["components"] | ended}


def components(whole: object) -> dict[str, Component]:
    """By their ids, those of a document that came from outside; what is none is {}."""
    found = whole.get("components") if isinstance(whole, dict) else None
    return {
        key: component
        for key, component in (found if isinstance(found, dict) else {}).items()
        if isinstance(component, dict) and isinstance(component.get("platform"), str)
    }


def left_behind(topics: Topics, gone: Iterable[Component], kept: Iterable[Component]) -> set[str]:
    """Topics of rules at which the broker still keeps something that nobody renews any more."""
    named = {topic for component in gone for topic in _kept_at(component)}
    in_use = {topic for component in kept for topic in _kept_at(component)}
    return {topic for topic in named - in_use if topics.is_standing(topic)}


def _kept_at(component: Component) -> Iterator[str]:
    for key in ("state_topic", "image_topic"):
        if isinstance(topic := component.get(key), str):
            yield topic


def device_id(topics: Topics) -> str:
    """Stable as long as prefix and device name are."""
    return id_of(f"{topics.prefix}_{topics.device}")


def id_of(text: str) -> str:
    """In letters that an id may have; two texts never have one id."""
    plain = re.sub(r"[^a-zA-Z0-9_-]", "_", text)
    return plain if plain == text else f"{plain}_{crc32(text.encode()):08x}"


def _of_rules(
    topics: Topics, rules: Iterable[AboutRule], *, snapshots: bool
) -> Iterator[tuple[str, Component]]:
    """Ids have a point between what it is and the rule's own, which has none: no two are alike."""
    for rule in rules:
        own = id_of(rule.name)
        for key, shown in rule.shows.items():
            yield f"{key}.{own}", _shown(topics.state(rule.name), rule.name, key, shown)
        if rule.kinds:
            yield f"event.{own}", _event(topics, rule)
        if snapshots:
            yield f"picture.{own}", _picture(topics, rule.name, f"{rule.name} picture")


def _shown(topic: str, rule: str, key: str, shown: Shown) -> Component:
    component = {"name": f"{rule} {shown.name}".strip(), "state_topic": topic}
    if shown.kind == "yes_no":
        template = f"{{{{ 'ON' if value_json['{key}'] else 'OFF' }}}}"
        occupancy = {"platform": "binary_sensor", "device_class": "occupancy"}
        return {**occupancy, **component, "value_template": template}
    template = f"{{{{ value_json['{key}'] }}}}"
    sensor = {"platform": "sensor", **component, "value_template": template}
    return sensor | dict(_measured(shown))


def _measured(shown: Shown) -> Iterable[tuple[str, str]]:
    if shown.kind != "text":
        yield "state_class", "total_increasing" if shown.kind == "total" else "measurement"
    if shown.unit:
        yield "unit_of_measurement", shown.unit
    if shown.unit in _CLASSES:
        yield "device_class", _CLASSES[shown.unit]


def _event(topics: Topics, rule: AboutRule) -> Component:
    """Its attributes are the facts."""
    return {
        "platform": "event",
        "name": f"{rule.name} event",
        "state_topic": topics.event(rule.name),
        "event_types": list(rule.kinds),
        "value_template": "{{ dict(value_json.facts, event_type=value_json.kind, "
        "time=value_json.time) | tojson }}",
    }


def _picture(topics: Topics, rule: str, name: str) -> Component:
    return {
        "platform": "image",
        "name": name,
        "image_topic": topics.snapshot(rule),
        "content_type": "image/jpeg",
    }


def _controls(topics: Topics, offers: Offers) -> Iterator[tuple[str, Component]]:
    if not offers.commands:
        return
    yield "pause", _pause(topics)
    restart = {"device_class": "restart", "entity_category": "config"}
    yield "restart", _button(topics, "restart", "Restart") | restart
    if offers.snapshots:
        yield "snapshot", _button(topics, "snapshot", "Take snapshot") | {"icon": "mdi:camera"}
        yield "picture", _picture(topics, "snapshot", "Snapshot")


def _pause(topics: Topics) -> Component:
    return {
        "platform": "switch",
        "name": "Pause",
        "state_topic": topics.health,
        "value_template": "{{ 'ON' if value_json.paused else 'OFF' }}",
        "command_topic": topics.command("pause"),
        "icon": "mdi:pause",
    }


def _button(topics: Topics, command: str, name: str) -> Component:
    return {"platform": "button", "name": name, "command_topic": topics.command(command)}


def _entity_id(device: str, component: Component) -> str:
    """As Home Assistant makes it of the names: lower case, words joined by `_`."""
    words = f"{device} {component['name']}"
    bare = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return f"{component['platform']}.{re.sub(r'[^a-z0-9]+', '_', bare).strip('_')}"
