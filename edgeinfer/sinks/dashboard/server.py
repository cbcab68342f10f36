"""Server: HTTP in a thread of its own, with bounds on all that a client may do slowly.

The only file that imports uvicorn. Uvicorn waits for ever for the rest of a request, and for a
client that does not read: `_Bounded` ends both.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edgeinfer.sinks.dashboard.options import Bounds

_HEAD_BYTES = 16_384
# The kernel would take megabytes for each viewer that has stopped to read.
_SEND_BUFFER_BYTES = 262_144
_ENDING_S = 0.4  # twice; all of the service has 2 s to end


class Server:
    """Takes an open socket; `ready` is called in its thread, with its loop, before the first."""

    def __init__(
        self,
        app: Any,
        headers: Mapping[str, str],
        ready: Callable[[asyncio.AbstractEventLoop], None],
        tls: tuple[Path, Path | None] | None,
        bounds: Bounds,
    ) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        certificate, key = tls or (None, None)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=partial(_Bounded, bounds),  # type: ignore[arg-type] # it is called as a class is
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                headers=list(headers.items()),
                forwarded_allow_ips=["127.0.0.1", "::1"],
                limit_concurrency=bounds.connections,
                timeout_keep_alive=bounds.idle_s,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=_HEAD_BYTES,
                ssl_certfile=certificate,
                ssl_keyfile=key,
            )
        )
        self._ready = ready
        self._new_loop = partial(_Loop, bounds.handshake_s)
        self._thread: Thread | None = None

    def start(self, listening: socket.socket) -> None:
        self._thread = Thread(target=self._run, args=(listening,), name="dashboard", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Streams should have been ended before; who does not read the last of it is cut off."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_ENDING_S)
            self._server.force_exit = True
            self._thread.join(_ENDING_S)
            self._thread = None

    def _run(self, listening: socket.socket) -> None:
        with asyncio.Runner(loop_factory=self._new_loop) as runner:
            loop = runner.get_loop()
            self._ready(loop)
            runner.run(self._server.serve([listening]))


def load_check(certificate: Path, key: Path | None) -> str | None:
    """Why a server cannot show that certificate; None: it can."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except ssl.SSLError:
        return "no certificate in PEM with the key that belongs to it"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return None


class _Loop(asyncio.SelectorEventLoop):
    """Uvicorn does not pass the time that a TLS handshake may take; a minute is asyncio's own."""

    def __init__(self, handshake_s: float) -> None:
        super().__init__()
        self._handshake_s = handshake_s

    async def create_server(self, *args: Any, **options: Any) -> Any:
        if options.get("ssl"):
            options.setdefault("ssl_handshake_timeout", self._handshake_s)
        return await super().create_server(*args, **options)


class _Bounded(H11Protocol):
    """A connection whose client has to send and to read at some pace."""

    def __init__(self, bounds: Bounds, **given: Any) -> None:
        super().__init__(**given)
        self._bounds = bounds
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if sock := transport.get_extra_info("socket"):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        if len(self.connections) > 2 * self._bounds.connections:
            transport.abort()
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        _cancel(self._deadline)
        _cancel(self._stalled)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(self._bounds.stall_s, self.transport.abort)

    def resume_writing(self) -> None:
        _cancel(self._stalled)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Uvicorn's own has no headers of ours."""
        head = b"".join(b"%s: %s\r\n" % pair for pair in self.server_state.default_headers)
        body = b'{"error": "not HTTP, or too long; see docs/http.md"}'
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n%s\r\n%s" % (len(body), head, body)
        )
        self.transport.close()

    def _watch_head(self) -> None:
        """Between two requests the idle timer watches, until the first byte of the next."""
        if self.cycle is not None and not self.cycle.response_complete:
            _cancel(self._deadline)
            self._deadline = None
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self._bounds.head_s, self._give_up_head)

    def _give_up_head(self) -> None:
        self._deadline = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
