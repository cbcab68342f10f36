"""Controls: what people ask of a running service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from edgeinfer.core.contracts import Sink

_log = logging.getLogger(__name__)


class Controls:
    """Called with a command and its word, by any thread; what is none of them is no command.

    `paused` is forgotten when the service ends; `on_pause` is called after every change of it.
    """

    def __init__(self, restart: Callable[[], None]) -> None:
        self.paused = False
        self.on_pause: Callable[[], None] = lambda: None
        self._snapshot_asked = False
        self._restart = restart

    def listen(self, sinks: Iterable[Sink]) -> None:
        """Be what those call that take commands."""
        for sink in sinks:
            if hasattr(sink, "on_command"):
                sink.on_command = self

    def __call__(self, command: str, word: str) -> None:
        match command, word:
            case "pause", "ON" | "OFF":
                self._pause(paused=word == "ON")
            case "restart", "PRESS":
                _log.info("restart: asked for")
                self._restart()
            case "snapshot", "PRESS":
                self._snapshot_asked = True
            case _:
                _log.debug("no such command: %r %r", command, word)

    @property
    def wants_frames(self) -> bool:
        """A pause lets one frame through for a snapshot."""
        return not self.paused or self._snapshot_asked

    def take_snapshot(self) -> bool:
        """Whether the newest result is to be shown, which is asked for once."""
        asked, self._snapshot_asked = self._snapshot_asked, False
        return asked

    def _pause(self, *, paused: bool) -> None:
        if paused != self.paused:
            self.paused = paused
            _log.info("pause: %s", "frames are left alone" if paused else "over")
            self.on_pause()
