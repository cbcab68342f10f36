"""Broker: where it is and how it lets us in, checked as far as that goes without a network.

Everything that is wrong with the words or with the files that they name is found here, together.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from annotated_types import Ge, Le

from edgeinfer.errors import ConfigError
from edgeinfer.sinks import secret

PORTS = {"mqtt": 1883, "mqtts": 8883}  # IANA: mqtt, secure-mqtt


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """`uri` is mqtt://[user@]host[:1883], or mqtts://[user@]host[:8883] for TLS.

    MQTT 3.1.1 is the default: every broker in use speaks it, and nothing here needs more. Without a
    `client_id` one is made from the machine.
    """

    uri: str
    user: str | None = None
    password_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    version: Literal["3.1.1", "5"] = "3.1.1"
    prefix: str = "edgeinfer"
    client_id: str | None = None
    results: bool = True
    result_qos: Literal[0, 1] = 0
    event_qos: Literal[0, 1] = 1
    keepalive_s: Annotated[int, Ge(1), Le(65535)] = 60
    discovery: bool = True
    discovery_prefix: str = "homeassistant"
    commands: bool = True
    snapshots: bool = True


@dataclass(frozen=True, slots=True)
class Broker:
    """Whom to call, and with which words; `tls` is None for a plain connection."""

    name: str
    host: str
    port: int
    version: Literal["3.1.1", "5"]
    keepalive_s: int
    user: str | None
    password: str | None = field(repr=False)
    tls: ssl.SSLContext | None


def check(options: BrokerOptions) -> Broker:
    """The broker that the options name.

    Raises: ConfigError: with every problem of the words and of the files.
    """
    problems: list[str] = []
    uri = _uri(options.uri, problems)
    user = options.user or (unquote(uri.username) if uri and uri.username else None)
    password = _password(options.password_file, user, problems)
    tls = _tls(options, uri, problems)
    if not _begins_a_topic(options.prefix):
        problems.append(f"prefix: {options.prefix!r} cannot begin a topic; as in edgeinfer")
    if not _begins_a_topic(there := options.discovery_prefix):
        problems.append(f"discovery_prefix: {there!r} cannot begin a topic; as in homeassistant")
    where = f"sink {_without_secret(options.uri)}"
    if problems or uri is None or uri.hostname is None:
        raise ConfigError(f"{where}: {problem}" for problem in problems)
    port = uri.port or PORTS[uri.scheme]
    shown = f"[{uri.hostname}]" if ":" in uri.hostname else uri.hostname
    return Broker(
        name=f"{uri.scheme}://{shown}:{port}",
        host=uri.hostname,
        port=port,
        version=options.version,
        keepalive_s=options.keepalive_s,
        user=user,
        password=password,
        tls=tls,
    )


def _begins_a_topic(prefix: str) -> bool:
    return bool(prefix) and prefix == prefix.strip("/") and not set(prefix) & set("+#\0")


def _uri(text: str, problems: list[str]) -> SplitResult | None:
    """The parts of a uri that is good enough to call; else None."""
    form = "write mqtt://host:1883, or mqtts://host:8883 for TLS"
    try:
        uri = urlsplit(text)
        port = uri.port
    except ValueError:  # not repeated: it may quote a piece of a password
        problems.append(f"uri: is no address; {form}")
        return None
    if uri.scheme not in PORTS:
        problems.append(f"uri: scheme {uri.scheme!r} is unknown; {form}")
        return None
    if not uri.hostname:
        problems.append(f"uri: names no host; {form}")
        return None
    found = [
        (port == 0, f"uri: port 0 is none; {form}"),
        (uri.password is not None, "uri: no place for a password; put it into a password_file"),
        (bool(uri.path.strip("/") or uri.query or uri.fragment), f"uri: ends too late; {form}"),
    ]
    wrong = [problem for is_wrong, problem in found if is_wrong]
    problems += wrong
    return None if wrong else uri


def _without_secret(uri: str) -> str:
    """The uri without what stands before its @: a password may be there by mistake."""
    head, _, tail = uri.rpartition("@")
    scheme, slashes, _ = head.partition("//")
    return f"{scheme}//{tail}" if slashes else tail


def _password(path: Path | None, user: str | None, problems: list[str]) -> str | None:
    if path is None:
        return None
    if user is None:
        problems.append("password_file: is for a user; add `user`")
    return secret.read("password_file", path, problems, holds="the password")


def _tls(
    options: BrokerOptions, uri: SplitResult | None, problems: list[str]
) -> ssl.SSLContext | None:
    key = options.key and secret.place(options.key)
    given = {"ca": options.ca, "certificate": options.certificate, "key": key}
    named = {name: path for name, path in given.items() if path is not None}
    missing = [name for name, path in named.items() if not _readable(name, path, problems)]
    if uri and uri.scheme == "mqtt" and named:
        problems.append(f"{', '.join(named)}: for TLS alone; write mqtts:// in uri")
    if (options.certificate is None) != (options.key is None):
        problems.append("certificate, key: one without the other; give both")
        return None
    if missing or not uri or uri.scheme == "mqtt":
        return None
    return _context(options, problems)


def _readable(name: str, path: Path, problems: list[str]) -> bool:
    try:
        path.open("rb").close()
    except OSError as error:
        problems.append(f"{name}: {path}: {(error.strerror or str(error)).lower()}")
        return False
    return True


class _Socket(ssl.SSLSocket):
    """Closes itself when the two sides do not agree: paho would leave it open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _context(options: BrokerOptions, problems: list[str]) -> ssl.SSLContext | None:
    """TLS that trusts `ca` alone, or what the system trusts where none is given."""
    try:
        context = ssl.create_default_context(cafile=options.ca)
    except ssl.SSLError:
        problems.append(f"ca: {options.ca}: is no certificate in PEM form")
        return None
    context.sslsocket_class = _Socket
    if options.certificate and options.key:
        try:
            # Without a password OpenSSL would ask for a locked key's on the terminal.
            context.load_cert_chain(options.certificate, secret.place(options.key), password="")
        except (ssl.SSLError, ValueError):
            pair = f"{options.certificate}, {options.key}"
            problems.append(f"certificate, key: {pair}: no matching, unlocked pair in PEM form")
    return context
