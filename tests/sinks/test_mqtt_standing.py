"""What stands at the broker until the next of its kind comes: health, states, pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from queue import SimpleQueue

import cv2
import numpy as np
import pytest
from paho.mqtt import publish
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edgeinfer.core.results import Event, Health, Message, Snapshot, State
from tests.brokers import DEADLINE_S, Mosquitto, Received, listening
from tests.sinks.messages import NOON_NS, result
from tests.sinks.test_mqtt import deliver, on, sink

STATE = State("bay 3/a", NOON_NS, {"occupied": True, "count": 2})


def pictured(width_px: int = 2000) -> Snapshot:
    one = result()
    grey = np.full((width_px // 2, width_px, 3), 90, np.uint8)
    return Snapshot(
        Event("train", "ended", replace(one, frame=replace(one.frame, pixels=grey)), {})
    )


def test_who_comes_later_is_told_the_state_of_every_rule(mosquitto: Mosquitto) -> None:
    with sink(mosquitto.uri) as mqtt:
        deliver(mqtt, STATE)
    with listening(mosquitto, "edgeinfer/porch/state/+") as listener:
        (got,) = listener.wait_for(1)
    assert (got.topic, got.qos, got.retain) == ("edgeinfer/porch/state/bay 3_a", 1, True)
    assert json.loads(got.payload)["occupied"] is True


def test_a_picture_is_a_jpeg_of_at_most_1280_pixels_and_stays_there(mosquitto: Mosquitto) -> None:
    with sink(mosquitto.uri) as mqtt:
        assert Snapshot in mqtt.wants
        deliver(mqtt, pictured())
    data = kept(mosquitto, "edgeinfer/porch/snapshot/train")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (640, 1280, 3)


def kept(broker: Mosquitto, topic: str) -> bytes:
    """What the broker keeps there."""
    got: SimpleQueue[MQTTMessage] = SimpleQueue()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: got.put(message)
    client.connect("localhost", broker.port)
    client.subscribe(topic)
    client.loop_start()
    try:
        message = got.get(timeout=DEADLINE_S)
    finally:
        client.disconnect()
        client.loop_stop()
    assert message.retain
    return bytes(message.payload)


def test_pictures_can_stay_at_home(mosquitto: Mosquitto) -> None:
    assert Snapshot not in sink(mosquitto.uri, snapshots=False).wants


def test_a_broker_that_forgot_everything_is_told_again(mosquitto: Mosquitto) -> None:
    standing: list[Message] = [STATE, Health(NOON_NS, {"paused": False})]
    with sink(mosquitto.uri) as mqtt:
        for message in standing:
            deliver(mqtt, message)
        mosquitto.stop()
        mosquitto.start()
        with listening(mosquitto) as listener:
            listener.wait_for(lambda seen: len(on("health", seen) + on("state/bay 3_a", seen)) == 2)


@pytest.mark.parametrize("listens", [True, False])
def test_a_command_is_taken_where_that_is_wanted(mosquitto: Mosquitto, listens: bool) -> None:
    asked: SimpleQueue[tuple[str, str]] = SimpleQueue()
    mqtt = sink(mosquitto.uri, commands=listens)
    mqtt.on_command = lambda *command: asked.put(command)
    with mqtt, listening(mosquitto, "edgeinfer/porch/+/set") as listener:
        deliver(mqtt, STATE)
        for word in ("nonsense", "ON"):
            publish.single(
                "edgeinfer/porch/pause/set", word, 1, hostname="localhost", port=mosquitto.port
            )
        listener.wait_for(lambda seen: seen[-1:] == [_set("pause", "ON")])
        if listens:
            assert asked.get(timeout=DEADLINE_S) == ("pause", "ON")
        else:
            deliver(mqtt, STATE)  # the broker has passed on what came before
        assert asked.empty()


def _set(name: str, word: str) -> Received:
    return Received(f"edgeinfer/porch/{name}/set", word, 1, False)
