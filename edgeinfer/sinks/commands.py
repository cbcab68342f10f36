"""Commands: what the outside may ask of the device."""

from __future__ import annotations

import logging
from collections.abc import Callable

from edgeinfer.sinks.topics import Topics

_log = logging.getLogger(__name__)

_WORDS = {"pause": (b"ON", b"OFF"), "restart": (b"PRESS",), "snapshot": (b"PRESS",)}
_SHOWN_BYTES = 40  # of a payload that is none of the words


class Commands:
    """Passes on those that are well formed.

    One that the broker kept is not one of now: a kept `restart` would come again after each.
    """

    def __init__(self, topics: Topics, on_command: Callable[[str, str], None]) -> None:
        self._names = {topics.command(name): name for name in _WORDS}
        self.topics = tuple(self._names)
        self._on_command = on_command

    def begin(self, say: Callable[[str, str], None]) -> None:
        """Nothing is to be said."""

    def look(self, say: Callable[[str, str], None]) -> None:
        """Nothing is to be said."""

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> None:
        name = self._names.get(topic, "")
        if retained or payload not in _WORDS.get(name, ()):
            kept = "kept by the broker, " if retained else ""
            _log.debug("%s: %signored: %r", topic, kept, payload[:_SHOWN_BYTES])
            return
        self._on_command(name, payload.decode())
