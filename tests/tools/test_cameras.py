from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edgeinfer.tools import cameras
from edgeinfer.tools.line import Line
from tests.tools import machines


def python(folder: Path, answer: str) -> str:
    """A Python whose picamera2 is the text of `answer`."""
    (folder / "picamera2.py").write_text(answer)
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" "$@"\n')
    script.chmod(0o755)
    return str(script)


def cameras_of(tmp_path: Path, answer: str) -> Line:
    (line,) = cameras.pi_cameras(machines.pi_5(tmp_path), python(tmp_path, answer))
    return line


LISTING = """
class Picamera2:
    @staticmethod
    def global_camera_info():
        print("libcamera speaks")
        return {cameras}
"""


def test_nodes_that_give_pictures_are_listed_in_their_order(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.write(tmp_path, {f"dev/video{number}": "" for number in (0, 1, 2, 10)})
    (line,) = cameras.usb_cameras(here, lambda node: node.name != "video1")
    assert line == Line("usb cameras", "ok", "/dev/video0, /dev/video2, /dev/video10")


def test_a_node_that_is_no_camera_is_not_listed(tmp_path: Path) -> None:
    here = machines.pc(tmp_path)
    machines.write(tmp_path, {"dev/video0": ""})
    (line,) = cameras.usb_cameras(here)
    assert (line.state, line.what) == ("warn", "none")
    assert line.advice


def test_a_raspberry_pi_needs_no_usb_camera(tmp_path: Path) -> None:
    (line,) = cameras.usb_cameras(machines.pi_5(tmp_path))
    assert (line.state, line.what) == ("ok", "none")


def test_a_pc_has_no_line_on_the_raspberry_pi_s_cameras(tmp_path: Path) -> None:
    assert list(cameras.pi_cameras(machines.pc(tmp_path))) == []


def test_the_cameras_that_picamera2_lists_are_counted(tmp_path: Path) -> None:
    line = cameras_of(tmp_path, LISTING.format(cameras="[{}, {}]"))
    assert line == Line("pi cameras", "ok", "2, by picamera2")


def test_no_camera_on_the_connector_is_a_warning(tmp_path: Path) -> None:
    line = cameras_of(tmp_path, LISTING.format(cameras="[]"))
    assert (line.state, line.what) == ("warn", "none; picamera2 works")
    assert "cable" in line.advice


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("raise ModuleNotFoundError(\"No module named 'picamera2'\")", "is not installed"),
        (
            "import libcamera_of_the_system",
            "does not work: ModuleNotFoundError: No module named 'libcamera_of_the_system'",
        ),
        ("import os; os.abort()", "does not work: it ended with -6"),
    ],
)
def test_a_picamera2_that_cannot_be_used_names_the_package_and_the_option(
    tmp_path: Path, answer: str, what: str
) -> None:
    line = cameras_of(tmp_path, answer)
    assert (line.state, line.what) == ("warn", f"picamera2 {what}")
    assert "python3-picamera2" in line.advice
    assert "--system-site-packages" in line.advice
