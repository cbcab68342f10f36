"""V4l2: USB cameras, through the kernel's Video4Linux and OpenCV."""

from __future__ import annotations

import fcntl
import logging
import math
import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Annotated, ClassVar, Self, cast

import cv2
from annotated_types import Gt, Len

from edgeinfer.core.frame import Frame, Pixels
from edgeinfer.errors import SourceError
from edgeinfer.picture import ViewOptions
from edgeinfer.sources.clock import now
from edgeinfer.sources.opencv import open_capture, read_picture

_log = logging.getLogger(__name__)
# From the kernel's linux/videodev2.h: _IOR('V', 0, struct v4l2_capability), its 104 bytes, and
# the bits of V4L2_CAP_VIDEO_CAPTURE, V4L2_CAP_VIDEO_CAPTURE_MPLANE and V4L2_CAP_DEVICE_CAPS.
_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("16s32s32sIII12x")
_CAPTURES = 0x00000001 | 0x00001000
_HAS_DEVICE_CAPS = 0x80000000
# Three bytes a pixel as BGR has them, for which OpenCV 5 takes them (seen with the kernel's vivid).
_NOT_BGR = frozenset({"NV24", "NV42", "HSV3"})
_CSI_DRIVERS = frozenset({"unicam", "rp1-cfe"})  # the Raspberry Pi's camera connector, raw


class V4l2Source:
    """Live. The camera is asked for `size`, `fps` and `fourcc`, and gives what it can."""

    argument: ClassVar[str] = "device"
    live = True

    @dataclass(frozen=True, slots=True)
    class Options(ViewOptions):
        """`device` is a path or a number; `fourcc` is the camera's pixel format, as in MJPG.

        Many a USB camera reaches its full rate above 640x480 with MJPG alone. So long as `stall_s`,
        rounded up to whole seconds, is waited for a frame.
        """

        device: str = "0"
        fps: Annotated[float, Gt(0)] | None = None
        fourcc: Annotated[str, Len(4, 4)] | None = None
        stall_s: Annotated[float, Gt(0)] = 5.0

    def __init__(self, options: Options, model_px: tuple[int, int] | None = None) -> None:
        del model_px  # USB cameras give a few sizes, and the person knows which
        self._options = options
        self.stall_s = float(math.ceil(options.stall_s))
        # OpenCV has no other way to set it, and reads it once, at the first wait in this process.
        os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = f"{self.stall_s:.0f}"
        number = options.device.isdecimal()
        self.name = f"/dev/video{int(options.device)}" if number else options.device
        self._sequence = count()
        self._capture: cv2.VideoCapture | None = None
        self._warned = False

    def __enter__(self) -> Self:
        check_device(self.name)
        self._capture = open_capture(self.name, cv2.CAP_V4L2)
        if self._capture is None:
            raise SourceError(f"{self.name}: cannot be opened; is another program using it?")
        self._ask(self._capture)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._capture is not None:
            self._capture.release()
        self._capture = None

    def read(self) -> Frame:
        began_s = time.monotonic()
        pixels = read_picture(cast("cv2.VideoCapture", self._capture), self.name)
        if pixels is None:
            silent = time.monotonic() - began_s >= self.stall_s
            when = f" for {self.stall_s:g} s" if silent else ""
            what = f"no picture{when}; it was unplugged, or another has it"
            raise SourceError(f"{self.name}: {what}")
        captured_ns, wall_ns = now()
        fourcc = self._fourcc()
        whole = pixels if pixels.ndim == 3 else picture(pixels, *self._size_px(), fourcc)
        if whole.ndim != 3 or fourcc in _NOT_BGR:  # bytes as they came: OpenCV cannot convert them
            raise SourceError(
                f"{self.name}: sends {fourcc}, of which OpenCV makes no picture; "
                "set fourcc to YUYV or MJPG, or leave it out"
            )
        shown = self._options.turn_and_cut(whole)
        return Frame(shown, next(self._sequence), captured_ns, wall_ns, self.name, "bgr")

    def _size_px(self) -> tuple[int, int]:
        capture = cast("cv2.VideoCapture", self._capture)
        sides = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        width_px, height_px = (round(capture.get(side)) for side in sides)
        return width_px, height_px

    def _fourcc(self) -> str:
        capture = cast("cv2.VideoCapture", self._capture)
        return _shown(cv2.CAP_PROP_FOURCC, capture.get(cv2.CAP_PROP_FOURCC))

    def _ask(self, capture: cv2.VideoCapture) -> None:
        wanted = settings(self._options)
        for prop, value in wanted.items():
            capture.set(prop, value)
        given = {prop: capture.get(prop) for prop in wanted}
        if not self._warned:
            for line in differences(wanted, given):
                _log.warning("%s: %s; see v4l2-ctl --list-formats-ext", self.name, line)
        self._warned = True


def picture(pixels: Pixels, width_px: int, height_px: int, fourcc: str) -> Pixels:
    """A picture that came as one row, as OpenCV 4.11 gives those of a camera that sends BGR.

    Those of NV24 or HSV have as many bytes, and other colours.
    """
    one_row = fourcc == "BGR3" and pixels.size == width_px * height_px * 3
    return pixels.reshape(height_px, width_px, 3) if one_row else pixels


def settings(options: V4l2Source.Options) -> dict[int, float]:
    """What the camera is asked for; the pixel format first, for sizes and rates depend on it."""
    asked: dict[int, float] = {cv2.CAP_PROP_BUFFERSIZE: 1}  # a queue would hold old pictures
    if options.fourcc:
        asked[cv2.CAP_PROP_FOURCC] = _code(options.fourcc)
    if options.size:
        asked[cv2.CAP_PROP_FRAME_WIDTH], asked[cv2.CAP_PROP_FRAME_HEIGHT] = options.size
    if options.fps:
        asked[cv2.CAP_PROP_FPS] = options.fps
    return asked


def differences(wanted: dict[int, float], given: dict[int, float]) -> Iterator[str]:
    """A sentence for each setting that the camera did not take."""
    names = {cv2.CAP_PROP_FRAME_WIDTH: "width", cv2.CAP_PROP_FRAME_HEIGHT: "height"}
    names |= {cv2.CAP_PROP_FPS: "fps", cv2.CAP_PROP_FOURCC: "fourcc"}
    for prop, name in names.items():
        if prop in wanted and round(wanted[prop]) != round(given[prop]):
            asked, got = _shown(prop, wanted[prop]), _shown(prop, given[prop])
            yield f"asked for {name} {asked}, the camera gives {got}"


def check_device(path: str) -> None:
    """Raises: SourceError: OpenCV would refuse it without saying why."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: no such device; there is {_present()}") from error
    except PermissionError as error:
        hint = 'add the user to the group: sudo usermod -aG video "$USER"'
        raise SourceError(f"{path}: no permission; {hint}") from error
    except OSError as error:
        raise SourceError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    try:
        _check_captures(path, handle)
    finally:
        os.close(handle)


def _check_captures(path: str, handle: int) -> None:
    try:
        answer = fcntl.ioctl(handle, _QUERYCAP, bytes(_CAPABILITY.size))
    except OSError as error:
        raise SourceError(f"{path}: not a camera; there is {_present()}") from error
    driver, _, _, _, whole, own = _CAPABILITY.unpack(answer)
    if driver.rstrip(b"\0").decode(errors="replace") in _CSI_DRIVERS:
        raise SourceError(f"{path}: the camera connector itself; use the source type picamera")
    if not (own if whole & _HAS_DEVICE_CAPS else whole) & _CAPTURES:
        raise SourceError(f"{path}: gives no pictures, as a codec or a camera's second node does")


def _present() -> str:
    found = sorted(str(device) for device in Path("/dev").glob("video*"))
    return ", ".join(found) or "no video device at all"


def _code(fourcc: str) -> float:
    return float(cv2.VideoWriter.fourcc(*fourcc))


def _shown(prop: int, value: float) -> str:
    if prop != cv2.CAP_PROP_FOURCC:
        return f"{value:g}"
    # Negative where OpenCV does not know it, and for big-endian formats, whose top bit is set.
    number = int(value) & 0xFFFFFFFF
    return number.to_bytes(4, "little").decode("ascii", errors="replace")
