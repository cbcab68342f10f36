"""Cameras: what `edgeinfer check` says of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from edgeinfer.errors import SourceError
from edgeinfer.sources.v4l2 import check_device
from edgeinfer.tools.line import Line, ok, warn
from edgeinfer.tools.machine import Machine

LIST_S = 20.0
"""How long libcamera may take; a Zero 2 W needs seconds to import picamera2."""
# Another process, because libcamera aborts the one that it is in when something below it is wrong.
_LIST = "from picamera2 import Picamera2; print(len(Picamera2.global_camera_info()))"
_MISSING = "No module named 'picamera2'"
_INSTALL = (
    "sudo apt install -y python3-picamera2 --no-install-recommends, and make the environment with "
    "python3 -m venv --system-site-packages, so that it sees picamera2 and libcamera"
)


def gives_pictures(device: Path) -> bool:
    """False for a codec, for the raw camera connector, and for what this user may not open."""
    try:
        check_device(str(device))
    except SourceError:
        return False
    return True


def usb_cameras(
    machine: Machine, is_camera: Callable[[Path], bool] = gives_pictures
) -> Iterator[Line]:
    nodes = sorted((machine.root / "dev").glob("video*"), key=lambda node: (len(node.name), node))
    found = [f"/dev/{node.name}" for node in nodes if is_camera(node)]
    if found:
        yield ok("usb cameras", ", ".join(found))
    elif machine.is_raspberry_pi:
        yield ok("usb cameras", "none")
    else:
        advice = "plug one in; a stream, a clip or a folder needs none"
        yield warn("usb cameras", "none", advice)


def pi_cameras(machine: Machine, python: str = sys.executable) -> Iterator[Line]:
    """A Raspberry Pi alone has the connector; `python` is the one to ask."""
    if machine.is_raspberry_pi:
        yield _listed(_list(python))


def _list(python: str) -> subprocess.CompletedProcess[str]:
    """Raises: TimeoutError: libcamera hangs."""
    try:
        return subprocess.run(
            [python, "-c", _LIST], capture_output=True, text=True, timeout=LIST_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error


def _listed(answer: subprocess.CompletedProcess[str]) -> Line:
    if answer.returncode != 0:
        errors = answer.stderr.strip().splitlines()
        reason = errors[-1] if errors else f"it ended with {answer.returncode}"
        what = "is not installed" if _MISSING in reason else f"does not work: {reason}"
        return warn("pi cameras", f"picamera2 {what}", _INSTALL)
    number = int(answer.stdout.split()[-1])
    if number == 0:
        advice = "check the cable and its direction, then rpicam-hello --list-cameras"
        return warn("pi cameras", "none; picamera2 works", advice)
    return ok("pi cameras", f"{number}, by picamera2")
