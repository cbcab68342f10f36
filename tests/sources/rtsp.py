"""A real RTSP camera for tests, where GStreamer's packages are installed."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# GStreamer's packages belong to the system's Python, not to this one.
SYSTEM_PYTHON = "/usr/bin/python3"
NEEDED = (
    "gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good "
    "gstreamer1.0-plugins-ugly"
)


class RtspCamera:
    """Its `uri` holds until it is killed; `stop` makes it silent, with its connections open."""

    def __init__(self, server: subprocess.Popen[str], port: int) -> None:
        self.port = port
        self.uri = f"rtsp://127.0.0.1:{port}/camera"
        self._server = server

    def stop(self) -> None:
        self._server.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._server.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._server.kill()
        self._server.wait()


@contextmanager
def rtsp_camera(*login: str, port: int = 0, width_px: int = 320) -> Iterator[RtspCamera]:
    """Skips the test where there is no RTSP server."""
    if not Path(SYSTEM_PYTHON).exists():
        pytest.skip(f"no RTSP server: no {SYSTEM_PYTHON}")
    script = str(Path(__file__).parent / "rtsp_server.py")
    with subprocess.Popen(
        [SYSTEM_PYTHON, script, str(port), str(width_px), *login],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        bound = server.stdout.readline().strip()
        if not bound:
            pytest.skip(f"no RTSP server: sudo apt install {NEEDED}")
        try:
            yield RtspCamera(server, int(bound))
        finally:
            server.kill()
