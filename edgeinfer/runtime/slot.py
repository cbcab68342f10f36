"""LatestSlot: the crossing from the capture thread to the thread that infers."""

from __future__ import annotations

from threading import Condition
from time import monotonic_ns

from edgeinfer.core.frame import Frame


class LatestSlot:
    """Room for one frame.

    For a live source the newest frame wins, and the one that it replaces is counted in `dropped`;
    a lossless slot makes the one who puts wait instead, so that a clip is processed whole.
    """

    def __init__(self, *, lossless: bool) -> None:
        self.dropped = 0
        self._lossless = lossless
        self._frame: Frame | None = None
        self._put_ns = 0
        self._closed = False
        self._changed = Condition()

    def put(self, frame: Frame) -> bool:
        """Leave a frame; False once the slot is closed: nobody will take it."""
        with self._changed:
            while self._lossless and self._frame is not None and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            self.dropped += self._frame is not None
            self._frame, self._put_ns = frame, monotonic_ns()
            self._changed.notify_all()
            return True

    def take(self) -> tuple[Frame, float] | None:
        """The newest frame and how many ms it waited; None once closed and empty."""
        with self._changed:
            while self._frame is None and not self._closed:
                self._changed.wait()
            if self._frame is None:
                return None
            frame, self._frame = self._frame, None
            self._changed.notify_all()
            return frame, (monotonic_ns() - self._put_ns) / 1e6

    def close(self) -> None:
        """No frame comes any more; one that lies here can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
