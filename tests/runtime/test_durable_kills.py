"""SIGKILL at random moments, and a real broker: what `benchmarks/outbox.py` shows, in small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.brokers import Mosquitto
from tests.conftest import ROOT


def test_killed_again_and_again_it_loses_nothing_that_was_due(tmp_path: Path) -> None:
    assert Mosquitto(tmp_path).program  # or skipped
    # Some 12 s, for it starts nine processes and lets each live.
    words = "--events 2000 --kills 6 --kills-delivering 2 --commit-s 0.3 --kills-only"
    program = [sys.executable, str(ROOT / "benchmarks" / "outbox.py"), *words.split()]
    program += ["--out", str(tmp_path / "outbox"), "--folder", str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    kills = json.loads((tmp_path / "outbox.json").read_text())["kills"]
    assert kills["offered"] == 2000
    assert kills["due"] > 500
    assert kills["due_lost"] == 0
    assert kills["arrived"] + kills["lost_within_interval"] == 2000
    assert kills["in_order"]
