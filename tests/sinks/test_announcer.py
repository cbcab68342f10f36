from __future__ import annotations

import json
from typing import Any

import pytest

from edgeinfer.core.about import About, AboutRule, Shown
from edgeinfer.core.results import Health, State
from edgeinfer.sinks.announcer import Announcer
from edgeinfer.sinks.discovery import Offers
from edgeinfer.sinks.mqtt import MqttSink
from edgeinfer.sinks.topics import Topics
from tests.brokers import Mosquitto, Received, listening
from tests.sinks.test_mqtt import deliver

CONFIG = "homeassistant/device/edgeinfer_porch/config"
COOL = Health(0, {"readings": {}})
WARM = Health(0, {"temperature_c": 50.0, "readings": {"cpu-thermal": {"value": 50, "unit": "c"}}})


def about(*rules: str) -> About:
    shows = {"present": Shown("yes_no")}
    return About("0.1.0", "echo", tuple(AboutRule(rule, shows, ("here",)) for rule in rules))


class Spoken:
    """An announcer with a clock of its own, and all that it has said."""

    def __init__(self, *rules: str) -> None:
        self.now_s = 0.0
        self.said: list[dict[str, Any]] = []
        self.cleared: list[str] = []
        offers = Offers(commands=True, snapshots=True)
        topics = Topics("edgeinfer", "porch")
        self.announcer = Announcer(
            topics, "homeassistant", about(*rules), offers, clock=lambda: self.now_s
        )

    def say(self, topic: str, payload: str) -> None:
        if payload == "":
            self.cleared.append(topic)
            return
        assert topic == CONFIG
        self.said.append(json.loads(payload)["components"])

    def look(self) -> None:
        self.announcer.look(self.say)


def test_it_waits_for_the_first_health_and_speaks_once() -> None:
    spoken = Spoken("train")
    spoken.announcer.begin(spoken.say)
    assert spoken.said == []
    spoken.announcer.learn(WARM)
    spoken.look()
    spoken.announcer.learn(COOL)
    spoken.look()
    (components,) = spoken.said
    assert {"present.train", "temperature"} <= components.keys()


def test_a_sensor_that_is_found_later_is_added() -> None:
    spoken = Spoken("train")
    spoken.announcer.learn(COOL)
    spoken.look()
    spoken.announcer.learn(WARM)
    spoken.look()
    assert ["temperature" in components for components in spoken.said] == [False, True]


def test_home_assistant_that_has_just_started_is_told_a_little_later() -> None:
    spoken = Spoken("train")
    spoken.announcer.learn(COOL)
    spoken.look()
    spoken.announcer.hear("homeassistant/status", b"offline", retained=False)
    spoken.look()
    assert len(spoken.said) == 1
    spoken.announcer.hear("homeassistant/status", b"online", retained=False)
    spoken.now_s = 3.0
    spoken.look()
    assert len(spoken.said) == 2


def test_what_an_earlier_run_announced_and_is_no_more_is_taken_back() -> None:
    before, now = Spoken("train", "bus"), Spoken("train")
    before.announcer.learn(COOL)
    before.look()
    kept = json.dumps({"components": before.said[0]}).encode()
    now.announcer.hear(CONFIG, kept, retained=True)
    now.announcer.learn(COOL)
    now.look()
    farewell, after = now.said
    gone = {"present.bus": "binary_sensor", "event.bus": "event", "picture.bus": "image"}
    assert {key: farewell[key] for key in gone} == {k: {"platform": v} for k, v in gone.items()}
    assert after == {key: value for key, value in farewell.items() if key not in gone}
    assert sorted(now.cleared) == ["edgeinfer/porch/snapshot/bus", "edgeinfer/porch/state/bus"]


def test_a_rule_that_shows_less_than_before_keeps_its_state() -> None:
    before, now = Spoken("train"), Spoken("train")
    before.announcer.learn(COOL)
    before.look()
    state = before.said[0]["present.train"]
    kept = {"components": before.said[0] | {"loitering.train": state}}
    now.announcer.hear(CONFIG, json.dumps(kept).encode(), retained=True)
    now.announcer.learn(COOL)
    now.look()
    assert "loitering.train" in now.said[0]
    assert now.cleared == []


@pytest.mark.parametrize(
    "topic",
    ["edgeinfer/porch/health", "edgeinfer/barn/state/bus", "edgeinfer/porch/state/a/b", "", "#", 7],
)
def test_a_foreign_document_cannot_make_it_clear_what_is_not_a_rules_own(topic: object) -> None:
    spoken = Spoken("train")
    planted = {"components": {"x": {"platform": "sensor", "state_topic": topic}}}
    spoken.announcer.hear(CONFIG, json.dumps(planted).encode(), retained=True)
    spoken.announcer.learn(COOL)
    spoken.look()
    assert len(spoken.said) == 2
    assert spoken.cleared == []


def test_its_own_words_make_it_say_nothing_more() -> None:
    spoken = Spoken("train")
    spoken.announcer.learn(COOL)
    spoken.look()
    spoken.announcer.hear(
        CONFIG, json.dumps({"components": spoken.said[0]}).encode(), retained=True
    )
    spoken.look()
    assert len(spoken.said) == 1


def test_foreign_words_at_its_place_are_no_harm() -> None:
    spoken = Spoken("train")
    for payload in (b"", b"\xff", b"[" * 100_000, b'{"components": []}', b"x" * (2 << 20)):
        spoken.announcer.hear(CONFIG, payload, retained=True)
    spoken.announcer.learn(COOL)
    spoken.look()
    assert len(spoken.said) == 1


def sink(broker: Mosquitto, *rules: str, **options: Any) -> MqttSink:
    made = MqttSink(MqttSink.Options(broker.uri, **options), "porch")
    made.introduce(about(*rules))
    return made


def configs(messages: list[Received]) -> list[set[str]]:
    return [set(json.loads(m.payload)["components"]) for m in messages if m.topic == CONFIG]


def test_at_a_real_broker_the_next_run_takes_back_what_it_no_longer_has(
    mosquitto: Mosquitto,
) -> None:
    with sink(mosquitto, "train", "bus") as first:
        deliver(first, COOL)
        deliver(first, State("bus", 0, {"present": True}))
        deliver(first, State("train", 0, {"present": True}))
        with listening(mosquitto, CONFIG) as listener:
            (kept,) = configs(listener.wait_for(1))
            assert "present.bus" in kept
    with (
        listening(mosquitto, CONFIG) as listener,
        listening(mosquitto, "edgeinfer/porch/state/+") as states,
    ):
        states.wait_for(2)
        with sink(mosquitto, "train") as second:
            deliver(second, COOL)
            listener.wait_for(lambda seen: bool(seen) and "present.bus" not in configs(seen)[-1])
            farewell = configs(listener.wait_for(3))[-2]
        assert "present.bus" in farewell
        cleared = states.wait_for(3)[2:]
        assert [(m.topic, m.payload) for m in cleared] == [("edgeinfer/porch/state/bus", "")]


def test_discovery_can_be_left_out(mosquitto: Mosquitto) -> None:
    with listening(mosquitto) as listener:
        with sink(mosquitto, "train", discovery=False) as quiet:
            deliver(quiet, COOL)
        seen = listener.wait_for(3)
    assert [m.topic.rpartition("/")[2] for m in seen] == ["status", "health", "status"]
