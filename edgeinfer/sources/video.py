"""Video: a clip, an RTSP camera, an HTTP stream, read by the FFmpeg inside OpenCV."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Annotated, ClassVar, Self, cast

import cv2
from annotated_types import Ge, Gt

from edgeinfer.core.frame import Frame
from edgeinfer.errors import SourceError
from edgeinfer.picture import ViewOptions
from edgeinfer.sources.address import is_url, why_silent, without_secrets
from edgeinfer.sources.clock import Opening, now
from edgeinfer.sources.opencv import open_capture, read_picture

_log = logging.getLogger(__name__)
_USUAL_FPS = 25.0  # of a clip that does not say
_TRUSTED_FPS = 1000.0
# Containers without an index promise duration times rate, which is a little off.
_MISSED_SHARE = 0.02


class VideoSource:
    """A clip is finite and read as fast as it is wanted; a stream is live."""

    argument: ClassVar[str] = "uri"

    @dataclass(frozen=True, slots=True)
    class Options(ViewOptions):
        """`live`: by default a URL is and a file is not; a live file plays at its own pace.

        `stall_s` limits the opening of a URL and the wait for each frame of it. Each of the
        `decode_threads` beyond one delays a stream by a frame. A clip is read faster with two, for
        more work in all (720p H.264, two cores: 2.1 ms and 3.0 ms of CPU a frame, against 2.8 ms).
        """

        uri: str
        live: bool | None = None
        stall_s: Annotated[float, Gt(0)] = 10.0
        decode_threads: Annotated[int, Ge(1)] = 1

    def __init__(self, options: Options, model_px: tuple[int, int] | None = None) -> None:
        del model_px  # a clip has one size
        self._options = options
        self.stall_s = options.stall_s
        self._is_url = is_url(options.uri)
        self.live = self._is_url if options.live is None else options.live
        self.name = without_secrets(options.uri) if self._is_url else Path(options.uri).name
        self._sequence = count()
        self._capture: cv2.VideoCapture | None = None

    def __enter__(self) -> Self:
        self._capture = self._open_url() if self._is_url else self._open_file()
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._interval_s = 1 / (fps if 0 < fps <= _TRUSTED_FPS else _USUAL_FPS)
        self._position_s = -self._interval_s
        self._frames = 0
        self._opening = Opening()
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

    def read(self) -> Frame | None:
        capture = cast("cv2.VideoCapture", self._capture)
        pixels = read_picture(capture, self.name)
        if pixels is None:
            self._check_end(capture)
            return None
        self._frames += 1
        captured_ns, wall_ns = self._clocks(capture)
        shown = self._options.apply(pixels)
        return Frame(shown, next(self._sequence), captured_ns, wall_ns, self.name, "bgr")

    def _clocks(self, capture: cv2.VideoCapture) -> tuple[int, int]:
        if self._is_url and self.live:
            return now()
        self._advance(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if not self.live:
            return self._opening.at(self._position_s)
        self._opening.wait_for(self._position_s)
        return now()

    def _advance(self, stated_s: float) -> None:
        """By the clip's own clock where that goes forward, as it does not in every container."""
        next_s = self._position_s + self._interval_s
        forward = math.isfinite(stated_s) and stated_s > self._position_s
        self._position_s = stated_s if forward else next_s

    def _check_end(self, capture: cv2.VideoCapture) -> None:
        """Raises: SourceError: this is no end, the stream was lost or the clip holds nothing."""
        if self.live:
            wait = f" or gave nothing for {self._options.stall_s:g} s" if self._is_url else ""
            raise SourceError(f"{self.name}: ended{wait}")
        if self._frames == 0:
            raise SourceError(f"{self.name}: no frame can be read; it is empty or damaged")
        promised = round(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        if promised - self._frames > 1 + _MISSED_SHARE * promised:
            sentence = "%s: ended after %d of %d frames; it is damaged or incomplete"
            _log.warning(sentence, self.name, self._frames, promised)

    def _open_url(self) -> cv2.VideoCapture:
        limit_ms = math.ceil(self._options.stall_s * 1000)
        limits = (
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            limit_ms,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            limit_ms,
        )
        capture = self._open(self._options.uri, limits)
        if capture is None:
            raise SourceError(f"{self.name}: {why_silent(self._options.uri)}")
        return capture

    def _open_file(self) -> cv2.VideoCapture:
        # Absolute, or FFmpeg takes what stands before a colon in the name for a protocol.
        path = Path(self._options.uri).absolute()
        _check_file(path, self._options.uri)
        capture = self._open(str(path), ())
        if capture is None:
            raise SourceError(f"{self._options.uri}: not a video that FFmpeg can read")
        return capture

    def _open(self, target: str, limits: tuple[int, ...]) -> cv2.VideoCapture | None:
        threads = (cv2.CAP_PROP_N_THREADS, self._options.decode_threads)
        return open_capture(target, cv2.CAP_FFMPEG, (*threads, *limits))


def _check_file(path: Path, shown: str) -> None:
    """Raises: SourceError: OpenCV would refuse it without saying why."""
    try:
        if path.is_dir():
            raise SourceError(f"{shown}: a folder; for its pictures use the source type folder")
        with path.open("rb") as file:
            if path.is_file() and not file.read(1):
                raise SourceError(f"{shown}: an empty file")
    except OSError as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(f"{shown}: {(error.strerror or str(error)).lower()}") from error
