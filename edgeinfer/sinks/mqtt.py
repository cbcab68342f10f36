"""MqttSink: results, events and what stands to an MQTT broker; Home Assistant finds it there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event as Signal
from types import TracebackType
from typing import ClassVar, Self

from edgeinfer import picture
from edgeinfer.core.about import About
from edgeinfer.core.results import Event, Health, Message, Result, Snapshot, State
from edgeinfer.sinks.announcer import Announcer
from edgeinfer.sinks.broker import BrokerOptions, check
from edgeinfer.sinks.broker_connection import BrokerConnection, Talk
from edgeinfer.sinks.client_id import ClientId, random_id
from edgeinfer.sinks.commands import Commands
from edgeinfer.sinks.discovery import Offers
from edgeinfer.sinks.link import Link, attempt
from edgeinfer.sinks.reminder import Reminder
from edgeinfer.sinks.snapshot import drawn
from edgeinfer.sinks.topics import Topics
from edgeinfer.wire import to_json

# A card of a dashboard is no wider; it makes some 100 to 200 kB of a 720p frame.
_SNAPSHOT_WIDTH_PX = 1280
_SNAPSHOT_QUALITY = 80

_RENAME = "give each its own device name"
_log = logging.getLogger(__name__)


class MqttSink:
    """Publishes to `{prefix}/{device}/result`, `…/event/<rule>` and others, see `Topics`.

    `on_command` takes what is asked of the device.
    """

    argument: ClassVar[str] = "uri"
    Options = BrokerOptions

    def __init__(self, options: BrokerOptions, device: str) -> None:
        """Raises: ConfigError: with every problem of the words and of the files."""
        self._options = options
        self._broker = check(options)
        self._topics = Topics(options.prefix, device)
        self.wants: tuple[type[Message], ...] = (Result, Event, Health, State)
        if options.snapshots:
            self.wants += (Snapshot,)
        self.durable = f"{self._topics.base} {self._broker.name}"
        self.on_command: Callable[[str, str], None] | None = None
        self._about: About | None = None
        self._announcer: Announcer | None = None
        self._reminder = Reminder()
        self._talks: list[Talk] = []
        self._client_id = ClientId(self._topics.base, self._broker.name)
        self._link = Link(self.name, self._connect)

    @property
    def name(self) -> str:
        return self._broker.name

    def introduce(self, about: About) -> None:
        """What Home Assistant is to be told of."""
        self._about = about

    def __enter__(self) -> Self:
        self._client_id.__enter__()
        if self._client_id.alone:
            self._talks = self._conversation()
        else:
            _log.warning("%s: another program is %s too; %s", self.name, self._topics.base, _RENAME)
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
        options, topics = self._options, self._topics
        match message:
            case Event():
                self._deliver(message, topics.event(message.rule), options.event_qos)
            case State():
                self._deliver_standing(message, topics.state(message.rule))
            case Health():
                self._deliver_standing(message, topics.health)
                if self._announcer:
                    self._announcer.learn(message)
            case Snapshot():
                self._deliver_picture(message)
            case Result() if options.results:
                self._deliver(message, topics.result, options.result_qos)

    def _deliver(self, message: Message, topic: str, qos: int) -> None:
        self._link.connection.deliver(message, to_json(message), topic, qos)

    def _deliver_standing(self, message: State | Health, topic: str) -> None:
        self._deliver(message, topic, 1)
        self._reminder.keep(topic, to_json(message))

    def _deliver_picture(self, message: Snapshot) -> None:
        connection = self._link.connection  # before the work of drawing: it may be away
        pixels = drawn(message.event, _SNAPSHOT_WIDTH_PX)
        if pixels is not None:
            data = picture.jpeg(pixels, _SNAPSHOT_QUALITY)
            connection.deliver(message, data, self._topics.snapshot(message.event.rule), 1)

    def probe(self) -> None:
        """Try once whether the broker lets us in, for `edgeinfer check`; publishes nothing.

        Its client id is another one, so that it never ends the connection of a running service.

        Raises: SinkError: why not.
        """
        attempt(BrokerConnection(self._broker, random_id(), None, Signal()), self.name)

    def _conversation(self) -> list[Talk]:
        options = self._options
        talks: list[Talk] = [self._reminder]
        takes_commands = options.commands and self.on_command is not None
        if takes_commands and self.on_command is not None:
            talks.append(Commands(self._topics, self.on_command))
        if options.discovery and self._about is not None:
            self._announcer = Announcer(
                self._topics,
                options.discovery_prefix,
                self._about,
                Offers(takes_commands, options.snapshots),
            )
            talks.append(self._announcer)
        return talks

    def _connect(self, leaving: Signal) -> BrokerConnection:
        client_id = self._options.client_id or self._client_id.text
        # The status is that of the program that was there first: it must not hear our goodbye.
        status = self._topics.status if self._client_id.alone else None
        return BrokerConnection(self._broker, client_id, status, leaving, self._talks)
