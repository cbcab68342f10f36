"""A dashboard that runs: the real sink with its real server, on a free port of loopback."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from time import monotonic, sleep
from typing import Any, Self

import httpx
import numpy as np

from edgeinfer import assembly, config, introducing, plugins
from edgeinfer.core.frame import Frame, Pixels
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Event, Health, Result, Timing
from edgeinfer.core.setup import Setup
from edgeinfer.sinks.dashboard import password
from edgeinfer.sinks.dashboard.options import Bounds, DashboardOptions
from edgeinfer.sinks.dashboard.sink import DashboardSink
from tests.brokers import DEADLINE_S, free_port
from tests.sinks.messages import NOON_NS

PASSWORD = "correct horse"
LABELS = ("person", "car", "train")
FACTS: dict[str, Any] = {
    "model": "coco_ssd_mobilenet_v1",
    "camera": "ok",
    "fps": 9.5,
    "allowed_fps": 10.0,
    "binds": "max_fps",
    "paused": False,
    "duty": 0.4,
    "uptime_s": 12.5,
    "latency_ms": {"p50": 20.5, "p95": 31.0},
    "temperature_c": 61.5,
    "readings": {
        "clock_mhz": {"value": 1500.0, "unit": "mhz"},
        "resident_bytes": {"value": 123456789.0, "unit": "bytes"},
    },
    "sinks": [
        {"name": "mqtt://lan:1883", "delivered": 5, "dropped": 1, "waiting": 3, "away": True}
    ],
}
TOML = """\
# The porch.
[source]
type = "synthetic"
scene = "signs"

[model]
name = "coco_ssd_mobilenet_v1"      # the usual one

# Where people stand.
[[rule]]
type = "zone"
name = "step"
labels = ["person"]                 # nobody else
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]

[[sink]]
type = "jsonl"
path = "-"
"""


@cache
def password_line() -> str:
    return password.hashed(PASSWORD)


def picture(seq: int, width: int = 64, height: int = 48) -> Pixels:
    """Noise, which no JPEG makes small."""
    return np.random.default_rng(seq).integers(0, 255, (height, width, 3), np.uint8)


def result(seq: int, width: int = 64, height: int = 48, *, inside: bool = True) -> Result:
    """A result each tenth of a second; a person, inside the zone of the file or outside of it."""
    left = 0.5 if inside else 0.0
    found = (Detection("person", 0.8, Box(left, 0.1, left + 0.1, 0.3), track=1),)
    step_ns = seq * 100_000_000
    frame = Frame(picture(seq, width, height), seq, step_ns, NOON_NS + step_ns, "porch")
    return Result(frame, "coco_ssd_mobilenet_v1", found, Timing(0.2, 0.5, 14.1, 0.1))


def event(seq: int, rule: str = "step", kind: str = "occupied", **facts: Any) -> Event:
    return Event(rule, kind, result(seq), {"label": "person", **facts}, id=f"{rule}-{seq}")


def setup(path: Path | None = None, text: str = TOML) -> Setup:
    """As `assembly` makes it, without a model being loaded."""
    settings = config.build(tomllib.loads(text), _options_of)
    return introducing.setup_of(settings, LABELS, path, assembly.configure)


def _options_of(kind: str, name: str) -> type[Any]:
    found: type[Any] = plugins.find(kind, name).Options  # type: ignore[arg-type]
    return found


class Dashboard:
    """`commands` are those that were asked for; `send` gives it what the service would."""

    def __init__(self, sink: DashboardSink, url: str) -> None:
        self.sink = sink
        self.url = url
        self.commands: list[tuple[str, str]] = []
        self.send = sink.send

    @property
    def parts(self) -> Any:
        return self.sink._parts

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", int(self.url.rpartition(":")[2])

    def show(self, shown: Result) -> None:
        """Until it is the picture that is shown: more often than `fps` none is."""
        until(lambda: (self.send(shown), self.parts.pictures.newest is shown.frame)[1])

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=DEADLINE_S, **options)

    @contextmanager
    def logged_in(self) -> Iterator[httpx.Client]:
        """A client that may change things."""
        with self.client() as client:
            assert client.post("/api/v1/login", json={"password": PASSWORD}).status_code == 204
            client.headers["X-CSRF-Token"] = client.get("/api/v1/session").json()["csrf"]
            yield client

    @contextmanager
    def filming(self, width: int = 64, height: int = 48) -> Iterator[None]:
        """New frames, one after the other, from another thread."""
        over = Signal()

        def film() -> None:
            shots = [result(seq, width, height) for seq in range(8)]
            while not over.wait(0.01):
                shots.append(shots.pop(0))
                self.send(shots[0])

        thread = Thread(target=film)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def raw(self, text: str, *, buffer_bytes: int | None = None) -> socket.socket:
        """A connection on which that was sent."""
        connection = socket.socket()
        if buffer_bytes:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        connection.settimeout(DEADLINE_S)
        connection.connect(self.address)
        connection.sendall(text.encode())
        return connection


@contextmanager
def serving(
    folder: Path,
    *,
    with_password: bool = False,
    told: Setup | None = None,
    bounds: Bounds | None = None,
    facts: dict[str, Any] | None = None,
    **options: Any,
) -> Iterator[Dashboard]:
    """It has seen one result, and answers."""
    if with_password:
        (folder / "password").write_text(f"{password_line()}\n")
        options["password_file"] = folder / "password"
    own = DashboardOptions(**{"port": free_port(), "folder": folder / "dashboard", **options})
    sink = DashboardSink(own, "porch", bounds=bounds)
    dashboard = Dashboard(sink, own.url)
    sink.on_command = lambda command, word: dashboard.commands.append((command, word))
    sink.ask_health = lambda: Health(NOON_NS, FACTS if facts is None else facts)
    if told is not None:
        sink.equip(told)
    with sink:
        sink.send(result(1))
        yield dashboard


def until(holds: Callable[[], object], what: str = "") -> None:
    """Returns when it holds."""
    deadline_s = monotonic() + DEADLINE_S
    while not holds():
        assert monotonic() < deadline_s, what or "it never came to hold"
        sleep(0.01)


class Parts:
    """Reads the parts of a live picture."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.iter_raw()
        self._data = b""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[int, bytes]:
        """`X-Seq` and the JPEG."""
        head = self._until(b"\r\n\r\n").decode()
        fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
        data = self._take(int(fields["Content-Length"]))
        self._take(2)
        return int(fields["X-Seq"]), data

    def _until(self, end: bytes) -> bytes:
        while end not in self._data:
            self._data += next(self._chunks)
        head, _, self._data = self._data.partition(end)
        return head

    def _take(self, length: int) -> bytes:
        while len(self._data) < length:
            self._data += next(self._chunks)
        taken, self._data = self._data[:length], self._data[length:]
        return taken
