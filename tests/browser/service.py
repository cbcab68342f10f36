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
from tests.deploy.proxies import NAME

PASSWORD = "correct horse"
_DEADLINE_S = 120.0

_TOML = """\
# The road.
[device]
name = "porch"

[model]
name = "{model}"
invoke_limit_s = 600    # a crowded machine is no failure

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
hosts = ["{host}"]
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
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        text = _TOML.format(model=SSD, port=self.port, host=NAME)
        if password:
            secret = folder / "password"
            command = [sys.executable, "-m", "edgeinfer", "password", str(secret)]
            subprocess.run(command, input=PASSWORD, text=True, capture_output=True, check=True)
            text += f'password_file = "{secret}"\n'
        self.file.write_text(text)

    @contextmanager
    def running(self) -> Iterator[Service]:
        """From its first result on; that it ends by itself fails the test, which says why."""
        log = self.file.with_suffix(".log")
        going = self._edgeinfer.going
        with log.open("w") as told, going("-c", self.file, stderr=told) as process:
            wait_until(lambda: _answers(self.url) or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield Service(self.url, self.file)
            assert process.poll() is None, log.read_text()


def wait_until(holds: Callable[[], bool]) -> None:
    until = monotonic() + _DEADLINE_S
    while not holds():
        assert monotonic() < until
        sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with closing(HTTPConnection(url.removeprefix("http://"), timeout=5)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
