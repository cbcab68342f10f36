"""Capture: what the capture thread does, and how it gets a lost camera back."""

from __future__ import annotations

import logging
from threading import Event
from time import monotonic

from edgeinfer.core.backoff import Backoff
from edgeinfer.core.contracts import Source
from edgeinfer.errors import SourceError
from edgeinfer.runtime.slot import LatestSlot

_HELD_S = 10.0
"""How long a source has to give frames to be thought of as well."""

_log = logging.getLogger(__name__)


class Capture:
    """Opens the source, reads it and closes it; `frames` counts what was read.

    A source that cannot be opened at the start ends the service: the person is there to see it, or
    systemd tries again. A live one that is lost later is reopened with growing pauses, which is
    said once when it goes and once when it is back; the pauses begin anew only when it has held for
    a while. `tries` counts the reopenings.
    """

    def __init__(self, source: Source, slot: LatestSlot, stop: Event) -> None:
        self.frames = 0
        self.tries = 0
        self._source = source
        self._slot = slot
        self._stop = stop
        self._backoff = Backoff(first_s=0.5, longest_s=15.0)
        self._gone = False

    def __call__(self) -> None:
        try:
            while not self._stop.is_set() and not self._read_until_lost():
                self._stop.wait(self._backoff.next_s())
        finally:
            self._slot.close()

    def _read_until_lost(self) -> bool:
        """True: over, by the source's end or ours. False: lost, open it again."""
        began_s = monotonic()
        try:
            with self._source as source:
                _log.debug("%s: open", source.name)
                return self._read_all(source)
        except SourceError as error:
            if not self._source.live or self.frames == 0:
                raise
            self.tries += 1
            _log.debug("%s: lost after %d frames: %s", self._source.name, self.frames, error)
            if monotonic() - began_s > _HELD_S:
                self._backoff.reset()
            self._lost(error)
            return False

    def _read_all(self, source: Source) -> bool:
        while not self._stop.is_set():
            frame = source.read()
            if frame is None:
                break
            self.frames += 1
            self._back()
            if not self._slot.put(frame):
                break
        return True

    def _lost(self, error: SourceError) -> None:
        if not self._gone:
            _log.warning("%s; trying to reopen it", error)
        self._gone = True

    def _back(self) -> None:
        if self._gone:
            _log.warning("%s: is back", self._source.name)
            self._gone = False
