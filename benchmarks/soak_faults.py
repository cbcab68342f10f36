"""The other side of `soak.py`: a broker that fails in three ways, a subscriber, a slow reader."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from threading import Condition, Event, Thread
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

DEADLINE_S = 60.0
_END = "soak/end"
_EVENTS = "edgeinfer/soak/event/tick"


class Broker:
    """Mosquitto on a port of its own, which knows its subscriber again after any end.

    To a subscriber that is there it gives what it has taken before it acknowledges that: so its own
    SIGKILL loses nothing, and what is missing is the service's. For one that is away it would keep
    it in memory, and lose it: it is killed only while the subscriber is there.
    """

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
        self._program = shutil.which("mosquitto", path=path) or sys.exit("install mosquitto first")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._database = folder / "mosquitto.db"
        self._sessions = folder / "sessions.db"
        self._config = folder / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\n{user}log_dest none\n"
            "max_inflight_messages 0\nmax_queued_messages 0\n"
            f"persistence true\nautosave_interval 0\npersistence_location {folder}/\n"
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [self._program, "-c", str(self._config)]
        self.process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        sys.exit("mosquitto does not start")

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None

    def remember_sessions(self) -> None:
        """Who subscribes; nothing waits yet."""
        self.end()
        shutil.copy(self._database, self._sessions)
        self.start()

    def restart_after(self, number: int, seconds: float) -> None:
        self.end(number)
        time.sleep(seconds)
        if number == signal.SIGKILL:  # an older one may hold what has been delivered since
            shutil.copy(self._sessions, self._database)
        self.start()

    def freeze(self, seconds: float) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)


class Troubles:
    """Does something to the broker now and then, in a thread of its own; `counts` by kind."""

    def __init__(
        self, broker: Broker, subscriber: Subscriber, calm_s: float, away_s: float, seed: int
    ) -> None:
        self.counts = {"killed": 0, "stopped": 0, "frozen": 0}
        self.ended: list[tuple[float, float]] = []  # at which instant, after how many seconds
        self._broker = broker
        self._subscriber = subscriber
        self._random = Random(seed)  # noqa: S311 - chance, no secret
        self._calm_s = calm_s
        self._away_s = away_s
        self._over = Event()
        self._thread = Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        number = 0
        while not self._over.wait(self._calm_s * self._random.uniform(0.5, 1.5)):
            away_s = self._away_s * self._random.uniform(0.1, 1.0)
            kind = list(self.counts)[number % len(self.counts)]
            self._ways[kind](away_s)
            self.counts[kind] += 1
            self.ended.append((time.monotonic(), away_s))
            number += 1

    def _kill(self, away_s: float) -> None:
        self._subscriber.wait_until_there()
        self._broker.restart_after(signal.SIGKILL, away_s)

    @property
    def _ways(self) -> dict[str, Callable[[float], None]]:
        broker = self._broker
        return {
            "killed": self._kill,
            "stopped": lambda away_s: broker.restart_after(signal.SIGTERM, away_s),
            "frozen": broker.freeze,
        }


class Subscriber:
    """Keeps the numbers of the events in the order of arrival; its session outlives the broker."""

    def __init__(self, port: int) -> None:
        self.arrived: list[int] = []
        self.others = 0
        self._changed = Condition()
        self._ready = self._ended = False
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id="soak-subscriber", clean_session=False
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._wait("_ready")

    def wait_until_there(self) -> None:
        """Connected and subscribed, so that nothing waits for it in the broker."""
        self._wait("_ready")

    def end(self) -> None:
        """Returns when all that was sent before has arrived."""
        self._client.publish(_END, qos=1)
        self._wait("_ended")
        self._client.disconnect()
        self._client.loop_stop()

    def _wait(self, state: str) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: getattr(self, state), DEADLINE_S):
                sys.exit("the subscriber hears nothing")

    def _set(self, state: str) -> None:
        with self._changed:
            setattr(self, state, True)
            self._changed.notify_all()

    def _on_connect(self, client: Client, *_: object) -> None:
        client.subscribe([("edgeinfer/soak/event/#", 1), (_END, 1)])

    def _on_disconnect(self, *_: object) -> None:
        with self._changed:
            self._ready = False

    def _on_subscribe(self, *_: object) -> None:
        self._set("_ready")

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.topic == _EVENTS:
            self.arrived.append(json.loads(message.payload)["facts"]["n"])
        elif message.topic == _END:
            self._set("_ended")
        else:
            self.others += 1


class SlowReader:
    """Reads the pipe of the jsonl sink, and rests for a while again and again."""

    def __init__(self, path: Path, rest_every_lines: int) -> None:
        self.lines = self.broken = 0
        os.mkfifo(path)
        # For writing, too: the pipe has no end while one process follows the other.
        self._pipe = os.fdopen(os.open(path, os.O_RDWR), "rb")
        self._rest_every = rest_every_lines
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._pipe:
            self.lines += 1
            self.broken += not (line.startswith(b'{"v": ') and line.endswith(b"}\n"))
            if self.lines % self._rest_every == 0:
                time.sleep(1.5)  # longer than the sink waits before it says so
