"""WebhookSink: each event as a POST of its JSON to a web address."""

from __future__ import annotations

import logging
import socket
import ssl
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPException
from types import TracebackType
from typing import ClassVar, Self

from edgeinfer import __version__
from edgeinfer.core.results import Event, Message, Result
from edgeinfer.errors import SinkError
from edgeinfer.sinks.endpoint import WebhookOptions, check
from edgeinfer.wire import to_json

_log = logging.getLogger(__name__)

# 4xx that speak of us or of the moment: what is refused today may be taken tomorrow. The others
# speak of the message itself, which will never be another (RFC 9110, 15.5; RFC 6585; RFC 8470).
_LATER = {401, 403, 407, 408, 423, 425, 429}
_HINTS = {
    401: "check header and secret_file",
    403: "check header and secret_file",
    407: "no proxy is spoken to; write the server's own address",
    429: "the server wants fewer; set results = false, or let the rules say less",
}
_NETWORK = (
    ((socket.gaierror, UnicodeError), "name not found; check the host in uri, and the DNS"),
    (TimeoutError, "no answer in time; check host, port and firewall, or raise timeout_s"),
    (ConnectionRefusedError, "connection refused; does the server run on this port?"),
    (ConnectionResetError, "connection reset; is it https:// where http:// is spoken?"),
)


class WebhookSink:
    """Waits for the answer. A message that the server will never take is given up, said once."""

    argument: ClassVar[str] = "uri"
    Options = WebhookOptions

    def __init__(self, options: WebhookOptions, device: str) -> None:
        """Raises: ConfigError: with every problem of the words and of the files."""
        self.wants: tuple[type[Message], ...] = (Result, Event) if options.results else (Event,)
        self.refused = 0  # messages that the server will never take
        self._endpoint = check(options)
        path = sha256(self._endpoint.path.encode()).hexdigest()[:8]  # it may be secret
        self.durable = f"{self.name} {path}"
        self._headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"edgeinfer/{__version__}",
            "Connection": "close",
            **self._endpoint.headers,
        }

    @property
    def name(self) -> str:
        return self._endpoint.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.refused:
            _log.warning("%s: refused %d messages in all", self.name, self.refused)

    def send(self, message: Message) -> None:
        """Post it; a redirect is not followed: it would carry the secret to another place.

        Raises: SinkError: no connection, no answer in time, or an answer that may change.
        """
        if not isinstance(message, self.wants):
            return
        status = self._post(to_json(message).encode())
        if 200 <= status < 300:
            return
        if status < 400 or status >= 500 or status in _LATER:
            raise SinkError(f"{self.name}: {_said(status)}")
        self._give_up(status)

    def probe(self) -> None:
        """Connect, for `edgeinfer check`; nothing is posted.

        Raises: SinkError: why that does not work.
        """
        connection = self._endpoint.connection()
        try:
            connection.connect()
        except (OSError, UnicodeError) as error:
            raise SinkError(f"{self.name}: {_why(error)}") from error
        finally:
            connection.close()

    def _post(self, body: bytes) -> int:
        connection = self._endpoint.connection()
        try:
            connection.request("POST", self._endpoint.path, body, self._headers)
            return connection.getresponse().status
        except (OSError, HTTPException, UnicodeError) as error:
            raise SinkError(f"{self.name}: {_why(error)}") from error
        finally:
            connection.close()

    def _give_up(self, status: int) -> None:
        self.refused += 1
        words = "%s: %s; the message is given up, as are others that it refuses"
        _log.log(
            logging.WARNING if self.refused == 1 else logging.DEBUG, words, self.name, _said(status)
        )


def _said(status: int) -> str:
    """The answer, with what to do about it where that is known."""
    try:
        words = f"answers {status} {HTTPStatus(status).phrase.lower()}"
    except ValueError:  # a number that no standard knows
        words = f"answers {status}"
    hint = "write the address that it names into uri" if 300 <= status < 400 else None
    hint = hint or _HINTS.get(status)
    return f"{words}; {hint}" if hint else words


def _why(error: OSError | HTTPException | UnicodeError) -> str:
    """What stands between us and the server, as `what; hint`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "give the CA of the server as `ca`, or check this machine's clock"
        return f"certificate verify failed: {error.verify_message}; {hint}"
    if isinstance(error, ssl.SSLError):
        return "TLS failed; is this the server's port for TLS?"
    known = [words for kind, words in _NETWORK if isinstance(error, kind)]
    if known:
        return known[0]
    if isinstance(error, HTTPException):
        return "the answer is no HTTP; is this the port of a web server?"
    return (getattr(error, "strerror", None) or str(error)).lower()
