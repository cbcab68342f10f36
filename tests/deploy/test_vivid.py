"""sources/v4l2 on a real V4L2 device: the kernel's test camera, in a machine of its own."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.deploy import machines

pytestmark = [
    pytest.mark.machine,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to lay out a machine"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="its machine is x86-64"),
    pytest.mark.skipif(bool(machines.missing()), reason=machines.missing()),
    pytest.mark.skipif(
        shutil.which("qemu-system-x86_64") is None, reason="needs qemu: apt install qemu-system-x86"
    ),
    pytest.mark.timeout(3600),
]


def test_the_kernels_test_camera_gives_right_pictures_and_may_come_and_go(tmp_path: Path) -> None:
    report = tmp_path / "vivid.json"
    done = subprocess.run(
        [sys.executable, ROOT / "deploy/test/vivid.py", "--out", report],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(report.read_text())
    for kind in ("opencv4", "opencv5"):
        assert found[kind]
        assert all(step["passed"] for step in found[kind])
