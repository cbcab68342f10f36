"""The simulated devices of `fleet.py`: connections of paho's, all in one thread."""

from __future__ import annotations

import heapq
import selectors
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from random import Random
from types import TracebackType
from typing import Any, Self

import numpy as np
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from edgeinfer import wire
from edgeinfer.core.backoff import Backoff
from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Result, Timing

_KEEPALIVE_S = 60
_LOOK_S = 1.0
_SETTLED_S = 0.5
"""So long without a word from the broker, and everything has been said."""
_LONGEST_S = 60.0


def _result() -> bytes:
    """What a detector says of a frame with three objects."""
    frame = Frame(np.zeros((2, 2, 3), np.uint8), 41, 0, time.time_ns(), "/dev/video0")
    box = Box(0.1234, 0.2345, 0.5678, 0.6789)
    found = tuple(Detection(label, 0.8125, box, track=7) for label in ("person", "car", "dog"))
    timing = Timing(0.2, 0.5, 14.1, 0.1)
    return wire.to_json(Result(frame, "coco_ssd_mobilenet_v1", found, timing)).encode()


RESULT = _result()


class Fleet:
    """`tries`: connections that were begun. `sent`: results; `heard`: those the listeners got."""

    def __init__(self, port: int) -> None:
        self.connected = self.tries = self.sent = self.heard = 0
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._clients: list[Client] = []
        self._listeners: list[Client] = []
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._pauses: dict[Client, Backoff] = {}
        self._last_word_s = time.monotonic()
        self._random = Random(0)  # noqa: S311 - no secret

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in [*self._clients, *self._listeners]:
            client.on_disconnect = None
            with suppress(OSError):
                client.disconnect()
        self._selector.close()

    def grow(self, to: int) -> None:
        """More devices; returns when each is connected."""
        while len(self._clients) < to:
            self._clients.append(self._device(len(self._clients)))
            self._connect(self._clients[-1])
            self._step(0)
        self.run(lambda: self.connected == to, _LONGEST_S)
        assert self.connected == to, f"{self.connected} of {to} devices are connected"

    def listen(self, listeners: int) -> None:
        """As a home and a database do: to everything."""
        for number in range(listeners):
            client = Client(CallbackAPIVersion.VERSION2, client_id=f"listener{number}")
            client.on_connect = lambda client, *_: client.subscribe("edgeinfer/#", qos=1)
            client.on_message = self._on_heard
            self._listeners.append(client)
            self._connect(client)
        self.settle()
        self.heard = 0  # what was retained does not count

    def speak(self, rate: float, qos: int, seconds: float) -> None:
        """Results from device after device, so many a second in all."""
        began_s = time.monotonic()
        self.sent = 0
        while (passed_s := time.monotonic() - began_s) < seconds:
            while self.sent < passed_s * rate:
                device = self.sent % len(self._clients)
                self._clients[device].publish(f"edgeinfer/porch{device}/result", RESULT, qos)
                self.sent += 1
                if self.sent % 20 == 0:
                    self._step(0)
            self._step(0.001)

    def settle(self) -> None:
        """Until the broker has nothing more to say."""
        self._last_word_s = time.monotonic()
        self.run(lambda: time.monotonic() - self._last_word_s > _SETTLED_S, _LONGEST_S)

    def run(self, until: Callable[[], bool], limit_s: float) -> float:
        """How long it took."""
        began_s = time.monotonic()
        while not until() and time.monotonic() - began_s < limit_s:
            self._step(0.01)
        return time.monotonic() - began_s

    def _device(self, number: int) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"porch{number}")
        client.will_set(f"edgeinfer/porch{number}/status", "offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.user_data_set(number)
        self._pauses[client] = Backoff(random=self._random.random)
        return client

    def _connect(self, client: Client) -> None:
        self.tries += 1
        try:
            client.connect("127.0.0.1", self._port, _KEEPALIVE_S)
        except OSError:
            self._again(client)
            return
        self._selector.register(client.socket(), selectors.EVENT_READ, client)
        self._later(_LOOK_S, lambda: self._look(client))

    def _on_connect(self, client: Client, number: int, *_: Any) -> None:
        self.connected += 1
        self._pauses[client] = Backoff(random=self._random.random)
        client.subscribe(f"edgeinfer/porch{number}/+/set", qos=1)
        client.publish(f"edgeinfer/porch{number}/status", "online", qos=1, retain=True)

    def _on_disconnect(self, client: Client, *_: Any) -> None:
        self.connected -= 1

    def _on_heard(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.heard += message.topic.endswith("/result")

    def _again(self, client: Client) -> None:
        """With the pauses of the real sink."""
        self._later(self._pauses[client].next_s(), lambda: self._connect(client))

    def _look(self, client: Client) -> None:
        if client.socket() is not None:
            client.loop_misc()
            if client.want_write():  # its socket was full
                client.loop_write()
            self._later(_LOOK_S, lambda: self._look(client))

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), do))

    def _step(self, longest_s: float) -> None:
        for key, _ in self._selector.select(longest_s):
            self._read(key)
        now_s = time.monotonic()
        while self._due and self._due[0][0] <= now_s:
            heapq.heappop(self._due)[2]()

    def _read(self, key: selectors.SelectorKey) -> None:
        client: Client = key.data
        self._last_word_s = time.monotonic()
        if client.loop_read(max_packets=100) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            if client.want_write():  # what a callback has said waits until then
                client.loop_write()
            return
        self._selector.unregister(key.fileobj)
        if client in self._pauses:
            self._again(client)
