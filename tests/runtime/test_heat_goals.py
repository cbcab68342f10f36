"""The real scheduler on simulated boards; `benchmarks/thermal.py` states physics and goals.

It takes some 15 s: nothing shorter shows that a board settles. Each of four breakings of the
thermostat makes it fail: no look ahead, a rise that is never learned, tracking that is ten times
too slow, and tracking that follows the sensor's noise.
"""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_every_goal_is_reached_on_fitted_boards_and_on_boards_that_nobody_fitted() -> None:
    program = [sys.executable, str(ROOT / "benchmarks/thermal.py"), "--policy=edgeinfer"]
    done = subprocess.run(
        [*program, "--seeds=1", "--unknown=6"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Goals missed by edgeinfer: 0." in done.stdout
    goals = ("1.5 °C over ever", "0.5 °C settled", "97 % of the oracle", "ripple below 5 %")
    assert [goal for goal in goals if f"{goal} 6 of 6" not in done.stdout] == []
