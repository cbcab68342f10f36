"""MqttSink: results, events and health to an MQTT broker."""

from __future__ import annotations

import logging
from threading import Event as Signal
from types import TracebackType
from typing import ClassVar, Self

from edgeinfer.core.results import Event, Health, Message, Result
from edgeinfer.sinks.broker import BrokerOptions, check
from edgeinfer.sinks.broker_connection import BrokerConnection
from edgeinfer.sinks.client_id import ClientId, random_id
from edgeinfer.sinks.link import Link, attempt

_RENAME = "give each its own device name"
_log = logging.getLogger(__name__)
_NO_LEVEL = str.maketrans(dict.fromkeys("+#/\0", "_"))


class MqttSink:
    """Publishes to `{prefix}/{device}/result`, `…/event/<rule>`, `…/health` and `…/status`."""

    argument: ClassVar[str] = "uri"
    wants: ClassVar[tuple[type[Message], ...]] = (Result, Event, Health)
    Options = BrokerOptions

    def __init__(self, options: BrokerOptions, device: str) -> None:
        """Raises: ConfigError: with every problem of the words and of the files."""
        self._options = options
        self._broker = check(options)
        self._topic = f"{options.prefix}/{device}"
        self.durable = f"{self._topic} {self._broker.name}"
        self._client_id = ClientId(self._topic, self._broker.name)
        self._link = Link(self.name, self._connect)

    @property
    def name(self) -> str:
        return self._broker.name

    def __enter__(self) -> Self:
        self._client_id.__enter__()
        if not self._client_id.alone:
            _log.warning("%s: another program is %s too; %s", self.name, self._topic, _RENAME)
        self._link.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._link.__exit__(kind, error, trace)
        self._client_id.__exit__(kind, error, trace)

    def send(self, message: Message) -> None:
        """Publish it and wait until it is written (QoS 0) or acknowledged (QoS 1).

        Raises: SinkError: no connection, or no answer in time; why.
        """
        match message:
            case Event():
                self._deliver(
                    message, f"event/{message.rule.translate(_NO_LEVEL)}", self._options.event_qos
                )
            case Health():
                self._deliver(message, "health", 1)
            case Result() if self._options.results:
                self._deliver(message, "result", self._options.result_qos)

    def _deliver(self, message: Message, topic: str, qos: int) -> None:
        self._link.connection.deliver(message, f"{self._topic}/{topic}", qos)

    def probe(self) -> None:
        """Try once whether the broker lets us in, for `edgeinfer check`; publishes nothing.

        Its client id is another one, so that it never ends the connection of a running service.

        Raises: SinkError: why not.
        """
        attempt(BrokerConnection(self._broker, random_id(), None, Signal()), self.name)

    def _connect(self, leaving: Signal) -> BrokerConnection:
        client_id = self._options.client_id or self._client_id.text
        # The status is that of the program that was there first: it must not hear our goodbye.
        status = f"{self._topic}/status" if self._client_id.alone else None
        return BrokerConnection(self._broker, client_id, status, leaving)
