"""A short soak: the service, its broker, its camera and its readers fail, and no event is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.brokers import Mosquitto
from tests.conftest import ROOT


def _soak(folder: Path, **options: object) -> dict[str, Any]:
    Mosquitto(folder)  # skips where there is none
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    program = [sys.executable, str(ROOT / "benchmarks/soak.py"), f"--out={folder / 'soak'}"]
    done = subprocess.run([*program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((folder / "soak.json").read_text())["soak"]
    return found


# Six seconds: two lives, and the real pauses of the camera and of the broker.
def test_no_event_is_lost_while_broker_camera_readers_and_service_fail(tmp_path: Path) -> None:
    found = _soak(
        tmp_path, frames=1000, every=5, trouble_every=900, calm_s=0.7, away_s=0.7, kills=1,
        life_s=1,
    )  # fmt: skip
    assert found["results"] >= 1000
    assert found["events due"] >= 100
    assert found["events due and lost"] == 0
    assert found["events delivered"] >= found["events due"]
    assert found["in order"]
    assert found["service killed"] == 1
    assert found["broker killed"] >= 1
    assert found["camera reopened"] >= 1
    assert found["lines through the pipe"] > 0
