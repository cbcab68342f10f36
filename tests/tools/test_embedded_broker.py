"""The broker of the demo, spoken to by our own sink and by Mosquitto's client."""

from __future__ import annotations

import socket
from contextlib import suppress

from edgeinfer.sinks.broker import BrokerOptions
from edgeinfer.sinks.mqtt import MqttSink
from edgeinfer.tools.embedded_broker import USUAL_PORT, EmbeddedBroker


def test_it_takes_what_a_sink_sends_and_passes_it_on() -> None:
    with EmbeddedBroker() as broker:
        MqttSink(BrokerOptions(uri=broker.uri), "demo").probe()


def test_it_takes_another_port_where_the_usual_one_is_taken() -> None:
    with socket.socket() as other:
        with suppress(OSError):  # somebody else has it: just as well
            other.bind(("127.0.0.1", USUAL_PORT))
            other.listen()
        with EmbeddedBroker() as broker:
            assert not broker.uri.endswith(f":{USUAL_PORT}")
            MqttSink(BrokerOptions(uri=broker.uri), "demo").probe()
