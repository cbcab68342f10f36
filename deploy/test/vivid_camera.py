"""The kernel's test camera: its formats and controls, and what its picture should be."""
# ruff: noqa: INP001

from __future__ import annotations

import fcntl
import struct
from pathlib import Path
from typing import Any

import numpy as np
from asking import check

CAMERA = "/dev/video0"
# linux/videodev2.h: VIDIOC_ENUM_FMT, VIDIOC_QUERYCTRL, VIDIOC_S_CTRL with their structures.
_ENUM_FMT, _FORMAT = 0xC0405602, struct.Struct("III32s4sI12x")
_QUERYCTRL, _QUERY = 0xC0445624, struct.Struct("II32siiiiI8x")
_S_CTRL, _CONTROL = 0xC008561C, struct.Struct("Ii")
_CAPTURE, _NEXT = 1, 0x80000000

# vivid's first pattern, "75% Colorbar": eight bars, from the left; red, green, blue.
BARS = [
    (191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0),
    (191, 0, 191), (191, 0, 0), (0, 0, 191), (0, 0, 0),
]  # fmt: skip
GREY = ("GREY", "Y10 ", "Y12 ", "Y16 ")
FAR = 24  # of 255: YUV in 8 bits and MPEG's range cost a few; a wrong conversion is 190 off


def offered() -> list[str]:
    """The pixel formats, as their four letters."""
    found = []
    with Path(CAMERA).open("rb") as camera:
        for index in range(200):
            asked = _FORMAT.pack(index, _CAPTURE, 0, b"", b"", 0)
            try:
                answer = fcntl.ioctl(camera, _ENUM_FMT, asked)
            except OSError:
                return found
            found.append(_FORMAT.unpack(answer)[4].decode("ascii", errors="replace"))
    return found


def controls() -> dict[str, int]:
    found, number = {}, 0
    with Path(CAMERA).open("rb") as camera:
        while True:
            asked = _QUERY.pack(number | _NEXT, 0, b"", 0, 0, 0, 0, 0)
            try:
                number, _, name, *_ = _QUERY.unpack(fcntl.ioctl(camera, _QUERYCTRL, asked))
            except OSError:
                return found
            found[name.rstrip(b"\0").decode()] = number


def set_control(name: str, value: int) -> None:
    known = controls()
    check(name in known, f"no control {name!r} among {sorted(known)}")
    with Path(CAMERA).open("rb") as camera:
        fcntl.ioctl(camera, _S_CTRL, _CONTROL.pack(known[name], value))


def bars(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> list[tuple[int, ...]]:
    """Red, green, blue in the middle of each bar."""
    height, width = pixels.shape[:2]
    rows = slice(height * 3 // 4, height * 7 // 8)
    centres = [round((number + 0.5) * width / len(BARS)) for number in range(len(BARS))]
    means = [pixels[rows, centre - 4 : centre + 4].mean(axis=(0, 1))[::-1] for centre in centres]
    return [tuple(round(float(part)) for part in mean) for mean in means]


def off_by(found: list[tuple[int, ...]], *, grey: bool = False) -> int:
    wanted = np.array(BARS)
    if grey:  # by the weights of Rec. 709
        wanted = np.repeat((wanted @ [[0.2126], [0.7152], [0.0722]]), 3, axis=1)
    return int(np.abs(np.array(found) - wanted).max())
