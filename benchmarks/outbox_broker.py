"""The real Mosquitto and the subscriber of `outbox.py`."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Condition
from typing import Any

from outbox_child import BASE_TOPIC
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

END = f"{BASE_TOPIC}/end"
DEADLINE_S = 60.0


class Broker:
    """Mosquitto on a port of its own, with a queue without bound for the subscriber."""

    def __init__(self, folder: Path) -> None:
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
        self._program = shutil.which("mosquitto", path=path) or sys.exit("install mosquitto first")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            "persistence false\nlog_dest none\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen([self._program, "-c", str(self._config)])
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        sys.exit("mosquitto does not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def kill(self) -> None:
        """As a power cut: nobody is told."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def rss_kb(self) -> int:
        status = Path(f"/proc/{self._pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if "VmRSS" in line))

    def cpu_s(self) -> float:
        """Since its start. In nanoseconds, where /proc/PID/stat counts hundredths of a second."""
        return int(Path(f"/proc/{self._pid}/schedstat").read_text().split()[0]) / 1e9

    def version(self) -> str:
        """Its exit status is that of a help text."""
        said = subprocess.run([self._program, "-h"], capture_output=True, text=True, check=False)
        return said.stdout.split()[2]

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid


class Subscriber:
    """Keeps (sequence number, id) of each event, in the order of arrival."""

    def __init__(self, port: int) -> None:
        self.arrived: list[tuple[int, str]] = []
        self._changed = Condition()
        self._ready = self._ended = False
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(f"{BASE_TOPIC}/#", qos=1)
        self._client.loop_start()
        self._wait("_ready")

    def end(self) -> None:
        """Returns when all that was sent before has arrived."""
        self._client.publish(END, qos=1)
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

    def _on_subscribe(self, *_: object) -> None:
        self._set("_ready")

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.topic == END:
            self._set("_ended")
        elif "/event/" in message.topic:
            event = json.loads(message.payload)
            self.arrived.append((event["seq"], event["id"]))
