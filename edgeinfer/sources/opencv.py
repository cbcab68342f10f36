"""OpenCV's VideoCapture, opened quietly: what clips, streams and USB cameras share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import cast

import cv2

from edgeinfer.core.frame import Pixels
from edgeinfer.errors import SourceError


def open_capture(
    target: str, backend: int, settings: Sequence[int] = ()
) -> cv2.VideoCapture | None:
    """The opened capture; None where OpenCV gave up, which it does without a reason."""
    _hush()
    capture = cv2.VideoCapture(target, backend, list(settings))
    if capture.isOpened():
        return capture
    capture.release()
    return None


def read_picture(capture: cv2.VideoCapture, name: str) -> Pixels | None:
    """The next picture; None where there is none, for OpenCV does not say why.

    Raises: SourceError: what came is no picture that OpenCV can decode.
    """
    try:
        got, pixels = capture.read()
    except cv2.error as error:
        raise SourceError(f"{name}: gave what is no picture: {error.err}") from error
    return cast("Pixels", pixels) if got and pixels is not None and pixels.size else None


@cache
def _hush() -> None:
    """OpenCV and FFmpeg write to standard error at length; one line of ours says the same.

    FFmpeg reads these when it is first used. What the person has set in the environment wins.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET of FFmpeg's log.h
    # UDP is what RTSP begins with by itself; one lost packet of it spoils pictures for seconds.
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        # OpenCV 4 has it at its top, OpenCV 5 in a module; 0 is silence in both.
        set_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
        set_level(0)
