"""Endpoint: a web address to post to, checked as far as that goes without a network."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from annotated_types import Gt, Le

from edgeinfer.errors import ConfigError
from edgeinfer.sinks.secret import read

PORTS = {"http": 80, "https": 443}
_FORM = "write https://host/path"
# RFC 9110, 5.6.2: what the name of a header may be made of.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = {"host", "content-length", "content-type", "connection", "user-agent", "transfer-encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions:
    """`secret_file` holds the value of `header`, as in "Bearer …" of Authorization.

    `timeout_s`: to connect, and again for the answer. `ca`: who signed the server's certificate,
    where the system does not know them.
    """

    uri: str
    header: str | None = None
    secret_file: Path | None = None
    ca: Path | None = None
    timeout_s: Annotated[float, Gt(0), Le(300)] = 5.0
    results: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to post to, and with which headers. `name` leaves out the path, which may be secret."""

    name: str
    host: str
    port: int
    path: str
    timeout_s: float
    headers: dict[str, str] = field(repr=False)
    tls: ssl.SSLContext | None

    def connection(self) -> HTTPConnection:
        """Not connected yet."""
        if self.tls is None:
            return HTTPConnection(self.host, self.port, timeout=self.timeout_s)
        return HTTPSConnection(self.host, self.port, timeout=self.timeout_s, context=self.tls)


def check(options: WebhookOptions) -> Endpoint:
    """The endpoint that the options name.

    Raises: ConfigError: with every problem of the words and of the files.
    """
    problems: list[str] = []
    uri = _uri(options.uri, problems)
    headers = _headers(options, problems)
    tls = _tls(options, uri, problems)
    if problems or uri is None or uri.hostname is None:
        where = f"sink webhook {uri.hostname}" if uri else "sink webhook"
        raise ConfigError(f"{where}: {problem}" for problem in problems)
    port = uri.port or PORTS[uri.scheme]
    shown = f"[{uri.hostname}]" if ":" in uri.hostname else uri.hostname
    return Endpoint(
        name=f"webhook {uri.scheme}://{shown}:{port}",
        host=uri.hostname,
        port=port,
        path=(uri.path or "/") + (f"?{uri.query}" if uri.query else ""),
        timeout_s=options.timeout_s,
        headers=headers,
        tls=tls,
    )


def _uri(text: str, problems: list[str]) -> SplitResult | None:
    """The parts of a uri that is good enough to call; else None. It is not repeated: see `name`."""
    if not text.isascii() or not text.isprintable() or " " in text:
        problems.append("uri: holds what no address may; write other letters and spaces as %20")
        return None
    try:
        uri = urlsplit(text)
        port = uri.port
    except ValueError:
        problems.append(f"uri: is no address; {_FORM}")
        return None
    found = [
        (uri.scheme not in PORTS, f"uri: is neither http:// nor https://; {_FORM}"),
        (not uri.hostname, f"uri: names no host; {_FORM}"),
        (port == 0, f"uri: port 0 is none; {_FORM}"),
        ("@" in uri.netloc, "uri: no place for a password; use header and secret_file"),
        (bool(uri.fragment), "uri: what follows # is never sent; leave it out"),
    ]
    wrong = [problem for is_wrong, problem in found if is_wrong]
    problems += wrong[:1]
    return None if wrong else uri


def _headers(options: WebhookOptions, problems: list[str]) -> dict[str, str]:
    if options.header is None and options.secret_file is None:
        return {}
    if options.header is None or options.secret_file is None:
        problems.append("header, secret_file: one without the other; give both")
        return {}
    if not _TOKEN.fullmatch(options.header):
        problems.append("header: is no name of one; as in Authorization")
    elif options.header.lower() in _OURS:
        problems.append(f"header: {options.header} is set by edgeinfer; take another")
    secret = _secret(options.secret_file, problems)
    return {options.header: secret}


def _secret(path: Path, problems: list[str]) -> str:
    """The one line of the file; never part of a problem."""
    secret = read("secret_file", path, problems, holds="the value of the header")
    if secret.strip() and not (secret.isascii() and secret.isprintable()):
        problems.append(
            f"secret_file: {path}: is not one line of plain letters; a header holds no other"
        )
    return secret


def _tls(
    options: WebhookOptions, uri: SplitResult | None, problems: list[str]
) -> ssl.SSLContext | None:
    """TLS that trusts `ca` alone, or what the system trusts where none is given."""
    if uri is not None and uri.scheme == "http":
        if options.ca:
            problems.append("ca: for TLS alone; write https:// in uri")
        return None
    try:
        return ssl.create_default_context(cafile=options.ca)
    except ssl.SSLError:
        problems.append(f"ca: {options.ca}: is no certificate in PEM form")
    except OSError as error:
        problems.append(f"ca: {options.ca}: {(error.strerror or str(error)).lower()}")
    return None
