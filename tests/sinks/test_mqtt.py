"""The sink against a real Mosquitto, and against servers that only pretend."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from threading import enumerate as threads
from time import monotonic
from typing import Any, Self

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edgeinfer.core.results import Message
from edgeinfer.errors import SinkError
from edgeinfer.sinks.mqtt import MqttSink
from edgeinfer.wire import to_json
from tests.brokers import DEADLINE_S, Mosquitto, Received, free_port, listening
from tests.conftest import ROOT
from tests.sinks.messages import event, result

StartMosquitto = Callable[..., Mosquitto]
SECRET = "correct horse"


def sink(uri: str, **options: Any) -> MqttSink:
    return MqttSink(MqttSink.Options(uri, **options), "porch")


def deliver(mqtt: MqttSink, message: Message) -> list[str]:
    """Offer it again and again, as the worker does; why it had to be."""
    reasons: list[str] = []
    deadline_s = monotonic() + DEADLINE_S
    while True:
        try:
            mqtt.send(message)
        except SinkError as error:
            reasons.append(str(error))
            assert monotonic() < deadline_s, reasons
        else:
            return reasons


def reason(mqtt: MqttSink) -> str:
    """Why it cannot send: the first reason after the first try to connect has ended."""
    with mqtt:
        deadline_s = monotonic() + DEADLINE_S
        while monotonic() < deadline_s:
            with pytest.raises(SinkError) as caught:
                mqtt.send(result())
            if "not connected yet" not in str(caught.value):
                return str(caught.value)
    raise AssertionError("no reason but that it was not connected yet")


def on(suffix: str, messages: list[Received]) -> list[str]:
    return [m.payload for m in messages if m.topic == f"edgeinfer/porch/{suffix}"]


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "mqtt-password"
    path.write_text(SECRET + "\n")
    return path


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_every_kind_has_its_topic_its_quality_and_its_wire_form(
    mosquitto: Mosquitto, version: str
) -> None:
    messages: list[Message] = [result(0), event("passage", 1), result(2)]
    with listening(mosquitto) as listener:
        with sink(mosquitto.uri, version=version) as mqtt:
            for message in messages:
                mqtt.send(message)
        got = listener.wait_for(5)
    assert got == [
        Received("edgeinfer/porch/status", "online", 1, False),
        Received("edgeinfer/porch/result", to_json(messages[0]), 0, False),
        Received("edgeinfer/porch/event/passage", to_json(messages[1]), 1, False),
        Received("edgeinfer/porch/result", to_json(messages[2]), 0, False),
        Received("edgeinfer/porch/status", "offline", 1, False),
    ]


def test_prefix_and_quality_are_the_persons_to_choose(mosquitto: Mosquitto) -> None:
    with listening(mosquitto) as listener:
        with sink(mosquitto.uri, prefix="home/eyes", result_qos=1, event_qos=0) as mqtt:
            mqtt.send(result())
            mqtt.send(event())
        got = listener.wait_for(4)
    assert [(m.topic, m.qos) for m in got[1:3]] == [
        ("home/eyes/porch/result", 1),
        ("home/eyes/porch/event/passage", 0),
    ]


def test_results_can_stay_at_home(mosquitto: Mosquitto) -> None:
    with listening(mosquitto) as listener:
        with sink(mosquitto.uri, results=False) as mqtt:
            mqtt.send(result())
            mqtt.send(event())
        got = listener.wait_for(lambda seen: on("status", seen) == ["online", "offline"])
    assert [m.topic for m in got][1:-1] == ["edgeinfer/porch/event/passage"]


def test_a_rules_name_cannot_leave_its_level_of_the_topic(mosquitto: Mosquitto) -> None:
    with listening(mosquitto) as listener, sink(mosquitto.uri) as mqtt:
        mqtt.send(event("a/b+c#d"))
        assert listener.wait_for(2)[1].topic == "edgeinfer/porch/event/a_b_c_d"


def test_a_clip_of_two_hundred_frames_arrives_whole_and_in_order(mosquitto: Mosquitto) -> None:
    with listening(mosquitto, "edgeinfer/porch/result") as listener:
        with sink(mosquitto.uri) as mqtt:
            for seq in range(200):
                mqtt.send(result(seq))
        got = listener.wait_for(200)
    assert [json.loads(m.payload)["seq"] for m in got] == list(range(200))


def test_who_comes_later_is_told_the_status(mosquitto: Mosquitto) -> None:
    with sink(mosquitto.uri) as mqtt:
        mqtt.send(result())
        with listening(mosquitto) as listener:
            assert listener.wait_for(1) == [Received("edgeinfer/porch/status", "online", 1, True)]
    with listening(mosquitto) as listener:
        assert listener.wait_for(1) == [Received("edgeinfer/porch/status", "offline", 1, True)]


PROGRAM = """
import sys
from edgeinfer.sinks.mqtt import MqttSink
from tests.sinks.messages import result
with MqttSink(MqttSink.Options(sys.argv[1]), "porch") as mqtt:
    mqtt.send(result())
    sys.stdin.read()
"""


@contextmanager
def another_program(uri: str) -> Iterator[subprocess.Popen[bytes]]:
    """A sink of the same device in a program of its own, which lives until it is killed."""
    command = [sys.executable, "-c", PROGRAM, uri]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_program_that_is_killed_leaves_its_last_will(mosquitto: Mosquitto) -> None:
    with listening(mosquitto, "+/+/status") as listener:
        with another_program(mosquitto.uri):
            listener.wait_for(1)
        assert on("status", listener.wait_for(2)) == ["online", "offline"]


def test_two_programs_of_one_device_do_not_end_each_others_connection(
    mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(mosquitto) as listener, another_program(mosquitto.uri):
        listener.wait_for(lambda seen: len(on("result", seen)) == 1)
        with sink(mosquitto.uri) as mqtt:
            for seq in range(20):
                mqtt.send(event(seq=seq))
        got = listener.wait_for(lambda seen: len(on("event/passage", seen)) == 20)
    assert on("status", got) == ["online"], "the status is the first one's: it hears no goodbye"
    assert "another program is edgeinfer/porch too" in caplog.text
    assert mosquitto.log().count("already connected") == 0


def test_a_new_start_ends_what_a_power_cut_left_and_online_stands(mosquitto: Mosquitto) -> None:
    """A connection that nobody ended: its will must not come after the new `online`."""
    ghost = Client(CallbackAPIVersion.VERSION2, client_id="porch")
    ghost.will_set("edgeinfer/porch/status", "offline", qos=1, retain=True)
    ghost.connect("localhost", mosquitto.port)
    while not ghost.is_connected():
        ghost.loop(0.1)
    with listening(mosquitto) as listener, sink(mosquitto.uri, client_id="porch") as mqtt:
        mqtt.send(event())
        got = listener.wait_for(lambda seen: len(on("event/passage", seen)) == 1)
        assert on("status", got)[-1] == "online"
    ghost.loop(0.1)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_user_with_the_right_password_is_let_in(
    start_mosquitto: StartMosquitto, password_file: Path, version: str
) -> None:
    broker = start_mosquitto(users={"porch": SECRET})
    with listening(broker, user="porch", password=SECRET) as listener:
        uri = broker.uri.replace("//", "//porch@")
        with sink(uri, password_file=password_file, version=version) as mqtt:
            mqtt.send(result())
        assert on("result", listener.wait_for(3)) == [to_json(result())]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_wrong_password_is_no_connection_and_never_shown(
    start_mosquitto: StartMosquitto, tmp_path: Path, version: str
) -> None:
    broker = start_mosquitto(users={"porch": SECRET})
    wrong = tmp_path / "wrong"
    wrong.write_text("battery staple")
    mqtt = sink(broker.uri, user="porch", password_file=wrong, version=version)
    said = reason(mqtt)
    assert said == (
        f"{broker.uri}: refused: not authorized; "
        "check user and password_file, and what the broker allows them"
    )
    assert "battery staple" not in said + repr(vars(mqtt)) + broker.log()


def test_a_topic_that_the_broker_forbids_is_said(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    """Only MQTT 5 lets a broker say so."""
    rights = tmp_path / "rights"
    rights.write_text("topic write edgeinfer/porch/status\n")
    broker = start_mosquitto(settings=f"acl_file {rights}")
    with sink(broker.uri, version="5") as mqtt, pytest.raises(SinkError) as caught:
        mqtt.send(event())
    assert "edgeinfer/porch/event/passage refused: not authorized; check user" in str(caught.value)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_tls_with_the_brokers_ca(start_mosquitto: StartMosquitto, version: str) -> None:
    broker = start_mosquitto(tls=True)
    assert broker.certificates is not None
    with listening(broker) as listener:
        with sink(broker.uri, ca=broker.certificates.ca, version=version) as mqtt:
            mqtt.send(result())
        assert on("result", listener.wait_for(3)) == [to_json(result())]


def test_an_unknown_certificate_is_refused_with_what_to_give(
    start_mosquitto: StartMosquitto,
) -> None:
    broker = start_mosquitto(tls=True)
    said = reason(sink(broker.uri))
    assert said.startswith(f"{broker.uri}: certificate verify failed: ")
    assert said.endswith("; give the broker's CA as `ca`")


def test_a_certificate_for_another_name_is_refused(start_mosquitto: StartMosquitto) -> None:
    broker = start_mosquitto(tls=True, names=("broker.example.org",))
    assert broker.certificates is not None
    said = reason(sink(broker.uri, ca=broker.certificates.ca))
    assert said.startswith(f"{broker.uri}: certificate verify failed: Hostname mismatch")
    assert said.endswith("; write the name that stands in the certificate into uri")


def test_a_client_certificate_opens_what_is_closed_without(
    start_mosquitto: StartMosquitto,
) -> None:
    broker = start_mosquitto(client_certificates=True)
    files = broker.certificates
    assert files is not None
    with sink(broker.uri, ca=files.ca, certificate=files.client, key=files.client_key) as mqtt:
        mqtt.send(event())
    said = reason(sink(broker.uri, ca=files.ca))
    assert said.startswith(f"{broker.uri}: TLS refused: ")
    assert said.endswith("; give a certificate and key that the broker trusts")


def test_tls_against_a_plain_port_is_said(mosquitto: Mosquitto) -> None:
    said = reason(sink(mosquitto.uri.replace("mqtt:", "mqtts:")))
    assert ": TLS failed: " in said or "connection reset" in said


def test_an_absent_broker_is_waited_for_and_nothing_is_lost(
    start_mosquitto: StartMosquitto,
) -> None:
    broker = start_mosquitto()
    broker.stop()
    with sink(broker.uri) as mqtt:
        with pytest.raises(SinkError):
            mqtt.send(event(seq=1))
        broker.start()
        with listening(broker) as listener:
            reasons = deliver(mqtt, event(seq=1))
            deliver(mqtt, event(seq=2))
            got = listener.wait_for(lambda seen: len(on("event/passage", seen)) == 2)
    assert on("event/passage", got) == [to_json(event(seq=1)), to_json(event(seq=2))]
    assert {said.partition(": ")[2].partition(";")[0] for said in reasons} <= {
        "connection refused",
        "not connected yet",
    }


def test_a_broker_that_vanishes_and_returns_gets_every_message_once_and_in_order(
    mosquitto: Mosquitto,
) -> None:
    with listening(mosquitto) as listener, sink(mosquitto.uri, result_qos=1) as mqtt:
        mqtt.send(result(0))
        mosquitto.stop()
        with pytest.raises(SinkError, match="connection (lost|refused)"):
            mqtt.send(result(1))
        mosquitto.start()
        listener.wait_for(lambda seen: on("status", seen).count("online") == 2)
        for seq in range(1, 4):
            deliver(mqtt, result(seq))
        got = listener.wait_for(lambda seen: len(on("result", seen)) == 4)
    assert on("result", got) == [to_json(result(seq)) for seq in range(4)]


def test_a_name_that_nobody_has_is_said() -> None:
    said = reason(sink("mqtt://broker.invalid"))
    assert said == "mqtt://broker.invalid:1883: name not found; check the host in uri, and the DNS"


def test_leaving_while_the_broker_is_absent_leaves_no_thread_behind() -> None:
    mqtt = sink(f"mqtt://localhost:{free_port()}")
    assert "connection refused; is the broker running on this port?" in reason(mqtt)
    assert mqtt.name not in {thread.name for thread in threads()}


# Servers that only pretend, for what a real broker does not do when it is asked to.

CONNACK = b"\x20\x02\x00\x00"
"""MQTT 3.1.1, section 3.2: accepted."""


class Pretender:
    """Takes connections, answers the first bytes of each, and keeps what comes after."""

    def __init__(self, answer: bytes, *, hang_up: bool = False) -> None:
        self.answer = answer
        self.hang_up = hang_up
        self.received: list[bytes] = []
        self._server = socket.create_server(("localhost", 0))
        self.uri = f"mqtt://localhost:{self._server.getsockname()[1]}"
        self._thread = Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            try:
                wire, _ = self._server.accept()
            except OSError:
                return
            with wire:
                self._talk(wire)

    def _talk(self, wire: socket.socket) -> None:
        wire.recv(1 << 16)
        wire.sendall(self.answer)
        if self.hang_up:
            return
        got = b""
        while data := wire.recv(1 << 16):
            got += data
        self.received.append(got)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(DEADLINE_S)


def test_a_server_that_says_nothing_is_no_broker() -> None:
    with Pretender(b"") as server:
        said = reason(sink(server.uri))
    assert said.endswith(": no answer to CONNECT; check that this is the port of MQTT")


def test_a_server_that_hangs_up_is_no_broker() -> None:
    with Pretender(b"", hang_up=True) as server:
        said = reason(sink(server.uri))
    assert "closed the connection unanswered; mqtts:// instead?" in said


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_web_server_is_no_broker(version: str) -> None:
    with Pretender(b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(100), hang_up=True) as server:
        said = reason(sink(server.uri, version=version))
    assert said.startswith(server.uri)


def test_a_broker_of_another_version_is_said() -> None:
    with Pretender(b"\x20\x02\x00\x01") as server:
        old = reason(sink(server.uri, version="3.1.1"))
        new = reason(sink(server.uri, version="5"))
    assert old.endswith("answers in no MQTT of this version; check the port, or set version")
    assert new.endswith("unsupported protocol version; set version to one that the broker speaks")


def test_a_message_without_an_answer_is_not_published_twice_on_one_connection() -> None:
    message = event("passage", 1)
    with Pretender(CONNACK) as server, sink(server.uri) as mqtt:
        for _ in range(2):
            with pytest.raises(SinkError, match="no acknowledgement yet"):
                mqtt.send(message)
    assert server.received[0].count(to_json(message).encode()) == 1


def test_without_an_answer_it_leaves_so_that_the_last_will_speaks() -> None:
    """A DISCONNECT (0xE0 0x00) would take the will back, and `online` would stand for ever."""
    with Pretender(CONNACK) as server, sink(server.uri) as mqtt:
        mqtt.send(result())
    assert not server.received[0].endswith(b"\xe0\x00")


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_probe_says_nothing_of_a_broker_that_lets_it_in(
    mosquitto: Mosquitto, version: str
) -> None:
    with listening(mosquitto) as listener, sink(mosquitto.uri) as mqtt:
        sink(mosquitto.uri, version=version).probe()
        mqtt.send(event())
        got = listener.wait_for(lambda seen: len(on("event/passage", seen)) == 1)
    assert on("status", got) == ["online"], "a probe neither speaks nor disturbs who is running"


def test_a_probe_says_why_it_is_not_let_in(start_mosquitto: StartMosquitto) -> None:
    broker = start_mosquitto(users={"porch": SECRET})
    with pytest.raises(SinkError, match="refused: not authorized; check user and password_file"):
        sink(broker.uri).probe()
    broker.stop()
    with pytest.raises(SinkError, match="connection refused; is the broker running"):
        sink(broker.uri).probe()


def test_a_probe_of_a_silent_server_ends() -> None:
    with Pretender(b"") as server, pytest.raises(SinkError, match="no answer"):
        sink(server.uri).probe()
