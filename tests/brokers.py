"""A real Mosquitto for tests, and a subscriber that remembers what it got."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition
from time import monotonic, sleep
from typing import Any, Self

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
DEADLINE_S = 20.0
"""Far beyond what any of this takes: it ends a test that would hang."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: a CA, and what it signed."""

    ca: Path
    server: Path
    client: Path
    client_key: Path


@dataclass(frozen=True, slots=True)
class Received:
    topic: str
    payload: str
    qos: int
    retain: bool


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """The real broker on a loopback port of its own; it can be stopped and started again.

    `users` are names with passwords: with any, nobody is let in without. `tls` gives it a
    certificate for `names` of a CA of its own (`certificates`); `client_certificates` asks clients
    for theirs. `settings` are further lines of its configuration.
    """

    def __init__(
        self,
        folder: Path,
        users: Mapping[str, str] | None = None,
        *,
        tls: bool = False,
        client_certificates: bool = False,
        names: tuple[str, ...] = ("localhost", "127.0.0.1"),
        settings: str = "",
    ) -> None:
        self.program = _program("mosquitto")
        self.folder = folder
        self.port = free_port()
        self.tls = tls or client_certificates
        self.certificates = write_certificates(folder, names) if self.tls else None
        self._process: subprocess.Popen[bytes] | None = None
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "log_dest stderr"]
        lines += [settings, *self._access(users or {}), *self._security(client_certificates)]
        if os.geteuid() == 0:
            lines.append("user root")  # else it becomes a user who cannot read the test's files
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join(lines) + "\n")

    @property
    def uri(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://localhost:{self.port}"

    def start(self) -> None:
        """Returns when it takes connections."""
        log = (self.folder / "mosquitto.log").open("ab")
        with log:
            self._process = subprocess.Popen([self.program, "-c", str(self._config)], stderr=log)
        deadline_s = monotonic() + DEADLINE_S
        while not self._answers():
            assert self._process.poll() is None, self.log()
            assert monotonic() < deadline_s, self.log()
            sleep(0.01)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(DEADLINE_S)
            self._process = None

    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _access(self, users: Mapping[str, str]) -> list[str]:
        if not users:
            return ["allow_anonymous true"]
        path = self.folder / "passwords"
        path.touch(mode=0o600)
        for user, password in users.items():
            command = [_program("mosquitto_passwd"), "-b", str(path), user, password]
            subprocess.run(command, check=True, capture_output=True)
        return ["allow_anonymous false", f"password_file {path}"]

    def _security(self, client_certificates: bool) -> list[str]:
        if self.certificates is None:
            return []
        server = self.certificates.server
        return [
            f"cafile {self.certificates.ca}",
            f"certfile {server}",
            f"keyfile {server}",
            f"require_certificate {'true' if client_certificates else 'false'}",
        ]


def _program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    if found is None:
        pytest.skip(f"no {name}: install Mosquitto (on Debian: apt install mosquitto)")
    return found


def write_certificates(folder: Path, names: tuple[str, ...] = ("localhost",)) -> Certificates:
    import trustme

    authority = trustme.CA()
    server = authority.issue_cert(*names)
    client = authority.issue_cert("porch@example.org")
    files = Certificates(*(folder / f"{name}.pem" for name in ("ca", "server", "client", "key")))
    authority.cert_pem.write_to_path(files.ca)
    server.private_key_and_cert_chain_pem.write_to_path(files.server)
    client.cert_chain_pems[0].write_to_path(files.client)
    client.private_key_pem.write_to_path(files.client_key)
    return files


class Listener:
    """A subscriber, ready when it is made; `messages` grows as they arrive."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.messages: list[Received] = []
        self._changed = Condition()
        self._ready = False

    def wait_for(self, enough: int | Callable[[list[Received]], bool]) -> list[Received]:
        """Returns when there are so many, or when what there is satisfies the question."""

        def satisfied() -> bool:
            seen = self.messages
            return len(seen) >= enough if isinstance(enough, int) else enough(seen)

        with self._changed:
            assert self._changed.wait_for(satisfied, DEADLINE_S), self.messages
            return list(self.messages)

    def wait_until_ready(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._ready, DEADLINE_S), "no subscription"

    def on_connect(self, client: Client, *_: object) -> None:
        client.subscribe(self.topic, qos=1)

    def on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        text = message.payload.decode(errors="replace")
        received = Received(message.topic, text, message.qos, bool(message.retain))
        with self._changed:
            self.messages.append(received)
            self._changed.notify_all()


@contextmanager
def listening(
    broker: Mosquitto, topic: str = "#", user: str | None = None, password: str | None = None
) -> Iterator[Listener]:
    """Subscribes at QoS 1; through an outage of the broker it comes back by itself."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
    listener = Listener(topic)
    client.reconnect_delay_set(1, 1)
    client.username_pw_set(user, password)
    if files := broker.certificates:
        context = ssl.create_default_context(cafile=files.ca)
        context.load_cert_chain(files.client, files.client_key)
        client.tls_set_context(context)
    client.on_connect = listener.on_connect
    client.on_subscribe = listener.on_subscribe
    client.on_message = listener.on_message
    client.connect("localhost", broker.port)
    client.loop_start()
    try:
        listener.wait_until_ready()
        yield listener
    finally:
        client.disconnect()
        client.loop_stop()
