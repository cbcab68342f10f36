"""A real service with its dashboard, over the drawn road with its stop signs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

from tests.brokers import free_port
from tests.cli.running import SSD, Edgeinfer

PASSWORD = "correct horse"
_DEADLINE_S = 60.0

_TOML = """\
# The road.
[device]
name = "porch"

[model]
name = "{model}"

[source]
type = "synthetic"
scene = "signs"     # drawn
fps = 10.0

[[rule]]
type = "zone"
name = "road"
labels = ["stop sign"]
polygon = [[0.3, 0.05], [0.7, 0.05], [0.7, 0.95], [0.3, 0.95]]
settle_s = 0.3

[[sink]]
type = "dashboard"
port = {port}
"""


@dataclass(frozen=True, slots=True)
class Service:
    url: str
    file: Path


class Place:
    """A folder with a configuration, in which the service is started and ended."""

    def __init__(self, models: Path, folder: Path, *, password: bool = True) -> None:
        self.file = folder / "edgeinfer.toml"
        self._edgeinfer = Edgeinfer(models, folder)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        text = _TOML.format(model=SSD, port=port)
        if password:
            secret = folder / "password"
            command = [sys.executable, "-m", "edgeinfer", "password", str(secret)]
            subprocess.run(command, input=PASSWORD, text=True, capture_output=True, check=True)
            text += f'password_file = "{secret}"\n'
        self.file.write_text(text)

    @contextmanager
    def running(self) -> Iterator[Service]:
        """From its first result on."""
        with self._edgeinfer.going("-c", self.file) as process:
            wait_until(lambda: _answers(self.url, process))
            yield Service(self.url, self.file)


def wait_until(holds: Callable[[], bool]) -> None:
    until = monotonic() + _DEADLINE_S
    while not holds():
        assert monotonic() < until
        sleep(0.1)


def _answers(url: str, process: subprocess.Popen[str]) -> bool:
    if process.poll() is not None:
        assert process.stderr
        raise AssertionError(process.stderr.read())
    try:
        with closing(HTTPConnection(url.removeprefix("http://"), timeout=5)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
