"""BrokerConnection: one connection to an MQTT broker; the only file that imports paho.

Each connection has a fresh client. So nothing that paho still holds of a lost connection can be
delivered a second time, or out of order, behind the sink's back: what was not acknowledged is
offered again by the worker, and by nobody else.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Condition, Event
from time import monotonic
from typing import Any, Protocol

from paho.mqtt import MQTTException
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edgeinfer.core.results import Message, Standing
from edgeinfer.errors import SinkError
from edgeinfer.sinks.broker import Broker
from edgeinfer.sinks.refusals import refusal, tls_refusal, why

CONNECT_S = 5.0
ANSWER_S = 1.0
"""How long `deliver` waits until its message is written (QoS 0) or acknowledged (QoS 1)."""

Say = Callable[[str, str], None]
"""Publishes (topic, payload), retained, and waits for nothing."""


class Talk(Protocol):
    """What else is said and heard while the connection stands, in the link's thread."""

    @property
    def topics(self) -> Sequence[str]:
        """What it listens to."""
        ...

    def begin(self, say: Say) -> None:
        """Just connected."""
        ...

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> None: ...

    def look(self, say: Say) -> None:
        """Once a second, and after whatever has arrived."""
        ...


_VERSIONS = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}
_SILENT = "closed the connection unanswered; mqtts:// instead? else check user and version"


class BrokerConnection:
    """One client on one connection: run by the link's thread, delivered through by the sender's.

    With a `status` topic it says `online` there, and leaves `offline` as its last will.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        status: str | None,
        leaving: Event,
        talks: Sequence[Talk] = (),
    ) -> None:
        self._broker = broker
        self._status = status
        self._talks = talks
        self._leaving = leaving
        self._changed = Condition()
        self._answers: dict[int, ReasonCode] = {}  # by message id
        self._offered: Message | None = None
        self._mid = 0
        self._up = False
        self._lost = ""
        self._complaint = ""  # what TLS said while connecting: paho only logs it
        self._client = self._new_client(client_id)

    def open(self) -> None:
        """Connect and wait for the broker's word: a refused CONNACK is no connection."""
        try:
            self._client.connect(self._broker.host, self._broker.port, self._broker.keepalive_s)
        except (OSError, UnicodeError) as error:
            raise self._error(why(error)) from error
        if isinstance(wire := self._client.socket(), socket.socket):
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small, and wanted now
        deadline_s = monotonic() + CONNECT_S
        while not self._up and self._turn(0.1) and not self._leaving.is_set():
            if monotonic() > deadline_s:
                raise self._error("no answer to CONNECT; check that this is the port of MQTT")
        if not self._up:
            raise self._error(self._lost or "left before it was connected")

    def run(self) -> None:
        while self._turn(1.0):
            for talk in self._talks:
                talk.look(self._say)
        if not self._leaving.is_set():
            raise self._error(self._lost)

    def deliver(self, message: Message, payload: str | bytes, topic: str, qos: int) -> None:
        """Publish it; the same message once more is waited for, not published twice."""
        if self._offered is not message:
            self._answers.clear()
            retain = isinstance(message, Standing)  # the others are news
            self._mid = self._client.publish(topic, payload, qos, retain).mid
            self._offered = message
        answer = self._answer(self._mid)
        if answer is None:
            raise self._error(self._lost or "no acknowledgement yet; is the network slow?")
        self._offered = None
        if answer.is_failure:
            raise self._error(f"{topic} refused: {refusal(str(answer))}")

    def leave(self) -> None:
        """Say offline and go; where that is not acknowledged, the last will is to say it."""
        if self._status is not None:
            mid = self._client.publish(self._status, "offline", qos=1, retain=True).mid
            if self._answer(mid) is not None:
                self._client.disconnect()
                return
        if isinstance(wire := self._client.socket(), socket.socket):
            with suppress(OSError):  # it is lost already
                wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if isinstance(wire := self._client.socket(), socket.socket):
            wire.close()
        # paho closes the rest when its client is freed: nothing may hold that in a circle.
        self._client.on_connect = self._client.on_publish = None
        self._client.on_disconnect = self._client.on_log = self._client.on_message = None

    def _new_client(self, client_id: str) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=_VERSIONS[self._broker.version],
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        if self._broker.user:
            client.username_pw_set(self._broker.user, self._broker.password)
        if self._broker.tls:
            client.tls_set_context(self._broker.tls)
        if self._status is not None:
            client.will_set(self._status, "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        client.on_log = self._on_log
        # With this set, paho writes in the thread of `run` alone, never in the sender's.
        client.on_socket_register_write = lambda *_: None
        return client

    def _turn(self, limit_s: float) -> bool:
        """One turn of paho's network loop; False once the connection is lost."""
        try:
            code = self._client.loop(limit_s)
        except (MQTTException, ValueError, LookupError, struct.error):  # paho on foreign bytes
            code = MQTTErrorCode.MQTT_ERR_PROTOCOL
        if code == MQTTErrorCode.MQTT_ERR_SUCCESS:
            return True
        if code == MQTTErrorCode.MQTT_ERR_PROTOCOL:
            self._lose("answers in no MQTT of this version; check the port, or set version")
        self._lose(self._complaint or ("connection lost" if self._up else _SILENT))
        return False

    def _answer(self, mid: int) -> ReasonCode | None:
        with self._changed:
            self._changed.wait_for(lambda: mid in self._answers or bool(self._lost), ANSWER_S)
            return self._answers.pop(mid, None)

    def _lose(self, reason: str) -> None:
        """The first reason counts: what follows it is its consequence."""
        with self._changed:
            self._lost = self._lost or reason
            self._changed.notify_all()

    def _error(self, what: str) -> SinkError:
        return SinkError(f"{self._broker.name}: {what}")

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, _: object
    ) -> None:
        client.on_log = None
        if code.is_failure:
            self._lose(f"refused: {refusal(str(code))}")
        elif not self._leaving.is_set():
            if self._status is not None:
                client.publish(self._status, "online", qos=1, retain=True)
            self._begin()
            self._up = True

    def _begin(self) -> None:
        topics = [(topic, 1) for talk in self._talks for topic in talk.topics]
        if topics:
            self._client.subscribe(topics)
        for talk in self._talks:
            talk.begin(self._say)

    def _say(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1, retain=True)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        for talk in self._talks:
            if message.topic in talk.topics:
                talk.hear(message.topic, bytes(message.payload), retained=message.retain)

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, code: ReasonCode, _: object
    ) -> None:
        with self._changed:
            self._answers[mid] = code
            self._changed.notify_all()

    def _on_disconnect(
        self, _client: Client, _data: Any, flags: DisconnectFlags, code: ReasonCode, _: object
    ) -> None:
        if flags.is_disconnect_packet_from_server:  # MQTT 5 alone says why
            self._lose(f"ended by the broker: {refusal(str(code))}")

    def _on_log(self, _client: Client, _data: Any, level: int, text: str) -> None:
        if level == LogLevel.MQTT_LOG_ERR and "SSL" in text:
            self._complaint = tls_refusal(text)
