"""Some minutes of foggy places; `benchmarks/events.py` measures all weathers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_the_demos_rules_tell_what_happens_in_the_fog(tmp_path: Path) -> None:
    words = ["--minutes=3", "--only=fog", f"--out={tmp_path / 'events'}"]
    program = [sys.executable, str(ROOT / "benchmarks/events.py"), *words]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads((tmp_path / "events.json").read_text())["rows"]
    for scene in ("railway", "parking"):
        row = rows[f"{scene}, all"]
        assert row["happened"] >= 4, row
        assert min(row["precision"], row["recall"]) >= 0.9, row
        assert row["delay_s_median"] < 4.0, row  # by the clock of the scene
