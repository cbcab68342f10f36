"""sources/picamera through the real picamera2, on the virtual cameras of libcamera."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.deploy import machines

pytestmark = [
    pytest.mark.machine,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to lay out a root"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="its root is x86-64"),
    pytest.mark.skipif(bool(machines.missing()), reason=machines.missing()),
    pytest.mark.timeout(1800),
]


def test_picamera2_itself_gives_right_pictures(images: Path, tmp_path: Path) -> None:
    report = tmp_path / "virtual.json"
    script = ROOT / "deploy/test/virtual_camera.py"
    done = subprocess.run(
        [sys.executable, script, images / "cat_720p.jpg", "--out", report],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = json.loads(report.read_text())["steps"]
    assert len(steps) == 7
    assert all(step["passed"] for step in steps)
