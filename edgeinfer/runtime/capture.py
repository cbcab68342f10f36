"""Capture: what the capture thread does, and how it gets a lost camera back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from time import monotonic

import numpy as np

from edgeinfer.core.backoff import Backoff
from edgeinfer.core.contracts import Source
from edgeinfer.core.frame import Frame
from edgeinfer.errors import SourceError
from edgeinfer.runtime.camera import CameraState, CameraWatch
from edgeinfer.runtime.slot import LatestSlot

_HELD_S = 10.0
"""How long a source has to give frames to be thought of as well."""

_PLUGIN_STALL_S = 60.0
"""What a source that names no `stall_s` may need for one frame."""

_SAYS = {
    "dark": "the picture is black; is the lens covered, or the lamp off?",
    "noisy": "the picture is noise; check the camera and its cable",
    "frozen": "the picture does not change; switch the camera off and on",
}

_log = logging.getLogger(__name__)


class Capture:
    """Opens the source, reads it and closes it; `frames` counts what was read.

    A source that cannot be opened at the start ends the service: the person is there to see it, or
    systemd tries again. A live one that is lost later is reopened with growing pauses, which is
    said once when it goes and once when it is back; the pauses begin anew only when it has held for
    a while. `tries` counts the reopenings.

    `camera` says how the source is, for other threads to read; of a finite one nothing but "ok" is
    expected. `on_change` is told what it was and what it is now, in the capture thread.
    `reading_since_s` is since when the thread is inside a call of the source, by the monotonic
    clock; None while it is not. Of a call that never returns nothing else is seen; one that takes
    longer than `patience_s` hangs.
    """

    def __init__(  # noqa: PLR0913 - the last three have defaults, two of them for tests
        self,
        source: Source,
        slot: LatestSlot,
        stop: Event,
        on_change: Callable[[str, str], None] = lambda _before, _after: None,
        *,
        clock: Callable[[], float] = monotonic,
        backoff: Backoff | None = None,
    ) -> None:
        self.frames = 0
        self.tries = 0
        self.camera: CameraState = "opening"
        self.reading_since_s: float | None = None
        # A read may wait once for packets and once for its goodbye; opening looks into a refusal.
        self.patience_s = 15.0 + 2 * getattr(source, "stall_s", _PLUGIN_STALL_S)
        self._source = source
        self._slot = slot
        self._stop = stop
        self._on_change = on_change
        self._clock = clock
        self._backoff = backoff or Backoff(first_s=0.5, longest_s=15.0)
        self._watch = CameraWatch()
        self._came_s: float | None = None
        self._longest_age_s = 0.0

    def frame_age_s(self) -> float | None:
        """Since the last frame came; None before the first."""
        came_s = self._came_s
        return None if came_s is None else self._clock() - came_s

    @property
    def longest_age_s(self) -> float:
        """The longest time without a frame since the first one, with the time at hand."""
        return max(self._longest_age_s, self.frame_age_s() or 0.0)

    def __call__(self) -> None:
        try:
            while not self._stop.is_set() and not self._read_until_lost():
                self._stop.wait(self._backoff.next_s())
        finally:
            self._slot.close()

    def _read_until_lost(self) -> bool:
        """True: over, by the source's end or ours. False: lost, open it again."""
        began_s = self.reading_since_s = self._clock()
        try:
            with self._source as source:
                _log.debug("%s: open", source.name)
                return self._read_all(source)
        except SourceError as error:
            if not self._source.live or self.frames == 0:
                raise
            self.tries += 1
            _log.debug("%s: lost after %d frames: %s", self._source.name, self.frames, error)
            if self._clock() - began_s > _HELD_S:
                self._backoff.reset()
            self._lost(error)
            return False
        finally:
            self.reading_since_s = None

    def _read_all(self, source: Source) -> bool:
        try:
            while not self._stop.is_set():
                self.reading_since_s = self._clock()
                frame = source.read()
                self.reading_since_s = None
                if frame is None:
                    break
                self._came(frame)
                if not self._slot.put(frame):
                    break
        finally:
            self.reading_since_s = self._clock()  # the source is closed now
        return True

    def _came(self, frame: Frame) -> None:
        """Raises: SourceError: this is no picture."""
        _check(self._source.name, frame)
        now_s = self._clock()
        if self._came_s is not None:
            self._longest_age_s = max(self._longest_age_s, now_s - self._came_s)
        self._came_s = now_s
        self.frames += 1
        if self.camera == "gone":
            _log.warning("%s: is back", self._source.name)
        self._change(self._watch.look(frame.pixels, now_s) if self._source.live else "ok")

    def _lost(self, error: SourceError) -> None:
        if self.camera != "gone":
            _log.warning("%s; trying to reopen it", error)
        self._change("gone")

    def _change(self, after: CameraState) -> None:
        before = self.camera
        if after == before:
            return
        self.camera = after
        if after in _SAYS:
            _log.warning("%s: %s", self._source.name, _SAYS[after])
        elif before in _SAYS and after == "ok":
            _log.warning("%s: the picture is well again, it was %s", self._source.name, before)
        self._on_change(before, after)


def _check(name: str, frame: Frame) -> None:
    """A stranger's source is believed in nothing; 1 us a frame.

    Raises: SourceError: no frame, or one without a picture.
    """
    pixels = getattr(frame, "pixels", None)
    if not isinstance(pixels, np.ndarray):
        raise SourceError(f"{name}: gave {type(frame).__name__}, which is no frame")
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise SourceError(
            f"{name}: gave an array of {pixels.dtype} {list(pixels.shape)}; "
            "a picture is uint8 [height, width, 3]"
        )
