"""EmbeddedBroker: an MQTT broker inside this process, for a demo; the only file that imports amqtt.

It speaks MQTT 3.1.1, keeps nothing and lets everybody on this machine in. A house wants Mosquitto.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from edgeinfer.errors import PluginError, SinkError

USUAL_PORT = 1883
_HOST = "127.0.0.1"
_START_S = 10.0  # it takes a tenth of a second
_ANYBODY = "amqtt.plugins.authentication.AnonymousAuthPlugin"


class EmbeddedBroker:
    """Runs in a thread of its own between entering and leaving, on the usual port if it is free."""

    def __init__(self) -> None:
        """Raises: PluginError: its library is not installed."""
        try:
            import amqtt.broker
        except ImportError as error:
            raise PluginError(
                "the embedded broker: amqtt is missing; pip install 'edgeinfer[demo]'"
            ) from error
        self._broker = amqtt.broker.Broker
        self._port = _free_port()
        self._ready = Event()
        self._thread = Thread(target=self._run, name="embedded broker")
        self._error: Exception | None = None
        for name in ("amqtt", "transitions"):  # what it says is for those who work on it
            logging.getLogger(name).setLevel(logging.CRITICAL)

    @property
    def uri(self) -> str:
        return f"mqtt://{_HOST}:{self._port}"

    def __enter__(self) -> Self:
        """Raises: SinkError: it does not start."""
        self._thread.start()
        if not self._ready.wait(_START_S) or self._error:
            raise SinkError(f"{self.uri}: the embedded broker does not start: {self._error}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leaving.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - told to whoever started it
            self._error = error
        self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._leaving = asyncio.get_running_loop(), asyncio.Event()
        broker: Any = self._broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"{_HOST}:{self._port}"}},
                "plugins": {_ANYBODY: {"allow_anonymous": True}},
            }
        )
        await broker.start()
        self._ready.set()
        await self._leaving.wait()
        await broker.shutdown()


def _free_port() -> int:
    """The usual one, for what listens without being told a port; else any."""
    for port in (USUAL_PORT, 0):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((_HOST, port))
            except OSError:
                continue
            return int(tried.getsockname()[1])
    raise SinkError(f"{_HOST}: no port is free for the embedded broker")
