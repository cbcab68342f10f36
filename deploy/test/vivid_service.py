"""`edgeinfer run` on the kernel's test camera, as a process of its own."""
# ruff: noqa: INP001

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asking import check, wait_for
from vivid_camera import CAMERA

WORK = Path("/tmp")  # noqa: S108 - the machine is thrown away
CONFIGURATION = f"""\
[source]
type = "v4l2"
device = "{CAMERA}"
size = [640, 360]
stall_s = 2

[model]
name = "demo_detector"

[limits]
max_fps = 5

[[sink]]
type = "jsonl"
path = "{WORK}/out.jsonl"
"""


class Service:
    def __init__(self) -> None:
        (WORK / "vivid.toml").write_text(CONFIGURATION)
        self.out = WORK / "out.jsonl"
        self.out.unlink(missing_ok=True)
        self.log = (WORK / "run.log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "edgeinfer", "run", "-c", str(WORK / "vivid.toml")],
            stdout=self.log,
            stderr=self.log,
        )

    def messages(self) -> list[dict[str, Any]]:
        check(self.process.poll() is None, f"it has ended: {self.said()}")
        lines = self.out.read_text().splitlines() if self.out.exists() else []
        return [json.loads(line) for line in lines]

    def camera(self) -> list[str]:
        return [message["kind"] for message in self.messages() if message.get("rule") == "camera"]

    def results(self) -> int:
        return sum(message["type"] == "result" for message in self.messages())

    def more_results(self) -> None:
        enough = self.results() + 5
        self.wait_for(lambda: self.results() >= enough, 60)

    def wait_for(self, holds: Callable[[], bool], limit_s: float) -> None:
        wait_for(holds, limit_s, lambda: f"after {self.results()} results")

    def said(self) -> str:
        self.log.flush()
        return Path(self.log.name).read_text()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def service() -> Iterator[Service]:
    running = Service()
    try:
        running.wait_for(lambda: running.results() >= 3, 90)
        yield running
    finally:
        running.process.kill()
        running.process.wait()
