"""A real web server on a loopback port of its own, that answers what a test tells it to."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

from tests.brokers import Certificates


@dataclass(frozen=True, slots=True)
class Posted:
    path: str
    headers: Message
    body: bytes


class Web:
    """Answers with `statuses` in turn, then with 200; a redirect leads to `location`.

    While `silent` is set it reads and says nothing.
    """

    def __init__(self, *statuses: int, certificates: Certificates | None = None) -> None:
        self.posted: list[Posted] = []
        self.statuses = list(statuses)
        self.location = ""
        self.silent = Event()
        self._leaving = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.block_on_close = True
        self._server.daemon_threads = False
        self.port = self._server.server_address[1]
        self._scheme = "https" if certificates else "http"
        if certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.server)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def uri(self) -> str:
        return f"{self._scheme}://localhost:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:  # a client that does not trust us, or has no patience
                    self.close_connection = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                web.posted.append(Posted(self.path, self.headers, body))
                if web.silent.is_set():
                    web._leaving.wait(20)
                    return
                self.send_response(web.statuses.pop(0) if web.statuses else 200)
                self.send_header("Location", web.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
