"""Reminder: says again what stands, to a broker that may have forgotten it."""

from __future__ import annotations

from collections.abc import Callable


class Reminder:
    """A broker without a memory on disk loses what it keeps for others when it is restarted.

    `keep` is called by the thread that sends, with what was delivered.
    """

    topics: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._standing: dict[str, str] = {}

    def keep(self, topic: str, payload: str) -> None:
        self._standing[topic] = payload

    def begin(self, say: Callable[[str, str], None]) -> None:
        for topic, payload in tuple(self._standing.items()):
            say(topic, payload)

    def look(self, say: Callable[[str, str], None]) -> None:
        """Nothing is new."""

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Nothing is listened to."""
