"""A proxy that answers for the servers of the menu, with the models of a folder, over real TLS."""

from __future__ import annotations

import io
import ssl
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from edgeinfer.model import menu


@contextmanager
def mirror(models: Path, folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which the menu's addresses lead here; `folder` takes the authority."""
    authority, files = trustme.CA(), _files(models)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.host = self.path.split(":")[0]
            authority.issue_cert(self.host).configure_cert(context)
            with context.wrap_socket(self.connection, server_side=True) as inner:
                self.rfile, self.wfile = inner.makefile("rb"), inner.makefile("wb")
                self.handle_one_request()
                self.close_connection = True

        def do_GET(self) -> None:
            body = files[f"https://{self.host}{self.path}"]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield {
            "https_proxy": f"http://127.0.0.1:{server.server_port}",
            "no_proxy": "",
            "SSL_CERT_FILE": str(folder / "authority.pem"),
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _files(models: Path) -> dict[str, bytes]:
    """What the menu's addresses hold."""
    found = {}
    for card in menu.cards():
        assert card.weights is not None
        if not card.weights.url:  # it comes with edgeinfer
            continue
        body = (models / card.weights.file).read_bytes()
        member = card.weights.member
        found[card.weights.url] = body if member is None else _zipped(member, body)
    return found


def _zipped(member: str, body: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, body)
    return buffer.getvalue()
