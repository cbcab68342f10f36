"""Picamera: the Raspberry Pi's own cameras, through picamera2 and libcamera.

picamera2 comes with the system (`python3-picamera2`), so it is imported when such a source is made.
What this file knows of picamera2 and libcamera was read in picamera2's source: `make_array` copies
out of camera memory; a stream "RGB888" lies in memory as blue, green, red, and "BGR888" as red,
green, blue; a lores stream must be YUV on the Pi 4 and older, and may be RGB on the Pi 5.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from annotated_types import Ge, Gt

from edgeinfer.core.frame import Frame
from edgeinfer.errors import PluginError, SourceError
from edgeinfer.picture import ViewOptions
from edgeinfer.sources.clock import now
from edgeinfer.sources.lores import TO_RGB, lores_px, to_rgb

_log = logging.getLogger(__name__)
_SIZE_PX = (1280, 720)  # picamera2's own default for video
# The camera fills one while picamera2 holds the newest and we copy another; memory is short.
_BUFFERS = 4
# picamera2 raises whatever went wrong below it when a camera cannot do what was asked.
_REFUSALS = (RuntimeError, ValueError, TypeError, AttributeError, LookupError, OSError)
_INSTALL = (
    "sudo apt install -y python3-picamera2 --no-install-recommends, and let the environment see "
    "it: python3 -m venv --system-site-packages"
)


class _Stream(NamedTuple):
    """One of the camera's pictures, as it was configured in the end."""

    name: Literal["main", "lores"]
    format: str
    width_px: int
    height_px: int
    upright: bool  # the camera has turned the picture already


class PicameraSource:
    """Live. `size` is asked of the camera's main stream, which sets the field of view.

    Where the camera can, it scales the picture itself: frames then have the main stream's shape
    and are just large enough for the model's input to be filled from the region.
    """

    argument: ClassVar[str] = "camera"
    live = True

    @dataclass(frozen=True, slots=True)
    class Options(ViewOptions):
        """`camera` counts as `rpicam-hello --list-cameras` does; `stall_s`: for one frame."""

        camera: Annotated[int, Ge(0)] = 0
        fps: Annotated[float, Gt(0)] | None = None
        stall_s: Annotated[float, Gt(0)] = 5.0

    def __init__(self, options: Options, model_px: tuple[int, int] | None = None) -> None:
        self._options = options
        self.stall_s = options.stall_s
        self._model_px = model_px
        self._picamera2, self._libcamera = _libraries()
        self.name = f"picamera:{options.camera}"
        self._sequence = count()
        self._warned = False

    def __enter__(self) -> Self:
        self._camera = self._open()
        try:
            self._stream = self._configure()
            self._camera.start()
        except BaseException as error:
            self._close()
            if isinstance(error, _REFUSALS) and not isinstance(error, SourceError):
                raise SourceError(f"{self.name}: cannot be started: {error}") from error
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def read(self) -> Frame:
        request = self._next_request()
        try:
            memory = request.make_array(self._stream.name)
            captured_ns, wall_ns = _clocks(request.get_metadata())
        except _REFUSALS as error:
            raise SourceError(f"{self.name}: lost: {error}") from error
        finally:
            request.release()
        rgb = to_rgb(memory, self._stream.format, self._stream.width_px)
        view = self._options
        shown = view.cut(rgb) if self._stream.upright else view.turn_and_cut(rgb)
        return Frame(shown, next(self._sequence), captured_ns, wall_ns, self.name)

    def _next_request(self) -> Any:
        """Not capture_request's own waiting, which never ends when the camera falls silent."""
        limit_s = self._options.stall_s
        try:
            return self._camera.wait(self._camera.capture_request(wait=False), timeout=limit_s)
        except TimeoutError as error:
            self._camera.cancel_all_and_flush()
            what = f"no picture for {limit_s:g} s; check the camera's cable"
            raise SourceError(f"{self.name}: {what}") from error
        except _REFUSALS as error:
            raise SourceError(f"{self.name}: lost: {error}") from error

    def _open(self) -> Any:
        cameras = len(self._picamera2.global_camera_info())
        if self._options.camera >= cameras:
            there = f"there are {cameras}, counted from 0" if cameras else "there is none"
            hint = "check the cable, and rpicam-hello --list-cameras"
            raise SourceError(f"{self.name}: no such camera, {there}; {hint}")
        try:
            return self._picamera2(self._options.camera)
        except _REFUSALS as error:
            hint = "is another program using it?"
            raise SourceError(
                f"{self.name}: cannot be opened: {str(error).rstrip('.')}; {hint}"
            ) from error

    def _close(self) -> None:
        # A camera that was lost may refuse to be closed too; opening it again will tell.
        with suppress(*_REFUSALS):
            self._camera.close()

    def _configure(self) -> _Stream:
        """The first of the streams that the camera takes; the last refusal when it takes none."""
        main_px = self._options.size or _SIZE_PX
        for size_px, pixels in self._choices(main_px):
            try:
                return self._try(main_px, size_px, pixels)
            except _REFUSALS as error:
                refusal = error
        raise SourceError(f"{self.name}: cannot be configured: {refusal}") from refusal

    def _choices(self, main_px: tuple[int, int]) -> list[tuple[tuple[int, int] | None, str]]:
        """(size of the lores stream or None for none, pixel format), best first."""
        small_px = lores_px(main_px, self._options, self._model_px)
        small = [(small_px, "BGR888"), (small_px, "YUV420")] if small_px else []
        return [*small, (None, "BGR888")]

    def _try(self, main_px: tuple[int, int], small_px: tuple[int, int] | None, px: str) -> _Stream:
        # Beside a lores stream nobody reads main: YUV takes half the memory of RGB.
        main = {"size": main_px, "format": "YUV420" if small_px else px}
        turned = self._options.rotation == 180
        wanted = self._camera.create_video_configuration(
            main=main,
            lores={"size": small_px, "format": px} if small_px else None,
            transform=self._libcamera.Transform(hflip=turned, vflip=turned),
            # OpenCV turns YUV into RGB as BT.601 with limited range; so let the camera make that.
            colour_space=self._libcamera.ColorSpace.Smpte170m(),
            buffer_count=_BUFFERS,
            controls=self._controls(),
        )
        self._camera.configure(wanted)
        return self._configured(main_px, "lores" if small_px else "main", turned)

    def _configured(
        self, main_px: tuple[int, int], name: Literal["main", "lores"], turned: bool
    ) -> _Stream:
        given = self._camera.camera_configuration()
        if given["main"]["size"] != main_px and not self._warned:
            sentence = "%s: asked for size %s, the camera gives %s"
            _log.warning(sentence, self.name, list(main_px), list(given["main"]["size"]))
            self._warned = True
        made, stream = given["transform"], given[name]
        if stream["format"] not in TO_RGB:
            raise ValueError(f"it gives {stream['format']}; a USB camera is for the type v4l2")
        width_px, height_px = stream["size"]
        upright = bool(turned and made.hflip and made.vflip)
        return _Stream(name, stream["format"], width_px, height_px, upright)

    def _controls(self) -> dict[str, tuple[int, int]]:
        if self._options.fps is None or "FrameDurationLimits" not in self._camera.camera_controls:
            return {}
        duration_us = round(1_000_000 / self._options.fps)
        return {"FrameDurationLimits": (duration_us, duration_us)}


def _clocks(metadata: dict[str, Any]) -> tuple[int, int]:
    """(captured_ns, wall_ns), by the camera's own clock where it gives it.

    libcamera's SensorTimestamp is when the first row was exposed: nanoseconds of CLOCK_BOOTTIME by
    its documentation, of CLOCK_MONOTONIC by its bug 254. They differ by the time that the machine
    slept: a stamp that lies ahead of the monotonic clock is of the other one.
    """
    now_ns, wall_ns = now()
    stamp_ns = int(metadata.get("SensorTimestamp") or now_ns)
    if stamp_ns > now_ns:
        stamp_ns -= time.clock_gettime_ns(time.CLOCK_BOOTTIME) - now_ns
    age_ns = max(0, now_ns - stamp_ns)
    return now_ns - age_ns, wall_ns - age_ns


def _libraries() -> tuple[Any, Any]:
    """(the class Picamera2, the module libcamera). Raises: PluginError: they are not there."""
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
    try:
        import libcamera
        from picamera2 import Picamera2
    except ImportError as error:
        raise PluginError(f"source 'picamera': {error}; {_INSTALL}") from error
    except ValueError as error:  # "numpy.dtype size changed": compiled for another numpy
        hint = "numpy of this environment does not fit the system's picamera2; install numpy<2"
        raise PluginError(f"source 'picamera': {error}; {hint}") from error
    return Picamera2, libcamera
