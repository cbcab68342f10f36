"""Secrets of every kind in real files, and all that is said and left, to look for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.brokers import write_certificates
from tests.cli.running import SMALL, Edgeinfer

MQTT, HEADER, PATH = "mq-open-sesame", "Bearer wh-open-sesame", "path-open-sesame"
RTSP_USER, RTSP = "rt-porch", "rt-open-sesame"
OPTION = "dg-open-sesame"


class Vault:
    """A working directory with the files of the secrets; `said` grows with all that is found."""

    def __init__(self, edgeinfer: Edgeinfer) -> None:
        self.folder = edgeinfer.folder
        self.state = self.folder / "state"
        self.environment = {**edgeinfer.environment, "EDGEINFER_STATE": str(self.state)}
        (self.folder / "password").write_text(MQTT + "\n")
        (self.folder / "secret").write_text(HEADER + "\n")
        self.key = write_certificates(self.folder).client_key
        lines = self.key.read_text().splitlines()
        self.secrets = (MQTT, HEADER, PATH, RTSP_USER, RTSP, OPTION, *lines[1:-1])
        self.said: list[str] = []

    def write(self, *sections: str, source: str = 'type = "synthetic"') -> Path:
        file = self.folder / "edgeinfer.toml"
        head = f'[source]\n{source}\n[model]\nname = "{SMALL}"\n'
        file.write_text("\n".join([head, *sections]))
        return file

    def command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "edgeinfer", *map(str, words)]

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=100,
            check=False,
        )
        self.said += [done.stdout, done.stderr]
        return done

    def look(self, more: Iterable[str] = ()) -> None:
        """Nothing that was said, and no file of the state directory, holds a secret."""
        files = [path for path in self.state.rglob("*") if path.is_file()]
        left = [path.read_bytes().decode(errors="replace") + str(path) for path in files]
        everything = [*self.said, *left, *more]
        assert any(everything)
        found = {s for s in self.secrets for text in everything if s in text}
        assert not found, [text for text in everything if any(s in text for s in found)]


def mqtt(uri: str, user: str = "porch") -> str:
    return f'[[sink]]\ntype = "mqtt"\nuri = "{uri}"\nuser = "{user}"\npassword_file = "password"'


def webhook(uri: str) -> str:
    return (
        f'[[sink]]\ntype = "webhook"\nuri = "{uri}/{PATH}"\nheader = "Authorization"\n'
        'secret_file = "secret"\nresults = true'
    )


def rtsp(port: int) -> str:
    uri = f"rtsp://{RTSP_USER}:{RTSP}@127.0.0.1:{port}/camera"
    return f'type = "video"\nuri = "{uri}"\nstall_s = 3'


def children(pid: int) -> list[int]:
    """All that it has started, and what those have."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    own = [int(word) for task in tasks for word in task.read_text().split()]
    return own + [below for child in own for below in children(child)]


def arguments(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode()
