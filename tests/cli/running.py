"""`edgeinfer run` as a process of its own, as a person runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

SSD = "coco_ssd_mobilenet_v1"
SMALL = "mobilenet_v1_0.25_128"


class Edgeinfer:
    """Runs the command where `models` holds the weights."""

    def __init__(self, models: Path, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "EDGEINFER_MODELS": str(models),
            "STATE_DIRECTORY": str(folder / "state"),
        }

    def __call__(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(words),
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=100,
            check=False,
        )

    @contextmanager
    def going(
        self, *words: object, stderr: IO[str] | int = subprocess.PIPE
    ) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            self._command(words),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=self.environment,
            cwd=self.folder,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def _command(self, words: tuple[object, ...]) -> list[str]:
        return [sys.executable, "-m", "edgeinfer", "run", *map(str, words)]


def refused(done: subprocess.CompletedProcess[str], status: int, words: str) -> None:
    """It ended with that status and one line on standard error, nothing on standard output."""
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert re.match(f"edgeinfer: .*{words}", done.stderr), done.stderr
