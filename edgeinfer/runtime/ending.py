"""Ending: when the end began, and since when it is hurried."""

from __future__ import annotations

from threading import Event
from time import monotonic

WHY = {
    "stop": "asked to stop",
    "restart": "asked to restart",
    "works again": "the accelerator works again, and the next start takes it",
}
"""What asks the service to end, and what its record says of it."""


class Ending:
    """`stop` is set for the source alone; the other threads end because the one before them did.

    Of the main thread.
    """

    def __init__(self) -> None:
        self.stop = Event()
        self._began_s: float | None = None
        self._hurried_s: float | None = None

    def begin(self, *, hurry: bool) -> bool:
        """False: it has begun before; the hurry may be new."""
        first = self._began_s is None
        if first:
            self._began_s = monotonic()
            self.stop.set()
        if hurry and self._hurried_s is None:
            self._hurried_s = monotonic()
        return first

    @property
    def since_s(self) -> float:
        """0.0 before it begins."""
        return 0.0 if self._began_s is None else monotonic() - self._began_s

    @property
    def hurried_since_s(self) -> float:
        """0.0 before somebody hurries."""
        return 0.0 if self._hurried_s is None else monotonic() - self._hurried_s
