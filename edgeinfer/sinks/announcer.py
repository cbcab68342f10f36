"""Announcer: makes the device known to Home Assistant, and takes back what it no longer has.

With a rule's components go the state and the picture that the broker keeps of it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from random import uniform
from time import monotonic

from edgeinfer.core.about import About
from edgeinfer.core.results import Health
from edgeinfer.sinks.discovery import (
    Component,
    Document,
    Offers,
    components,
    device_id,
    document,
    left_behind,
    without,
)
from edgeinfer.sinks.topics import Topics

_log = logging.getLogger(__name__)

_LATEST_S = 3.0
"""After Home Assistant has started: that not all devices of a house speak at the same moment."""
_MOST_BYTES = 1 << 20
"""Of what lies at the broker: ours has some 500 bytes for each entity."""


class Announcer:
    """The retained document at the broker is its memory of what an earlier run has announced.

    It speaks once the first health has said what the board can measure: before that, what is only
    not known yet would be taken back. `learn` is called by the thread that sends.
    """

    def __init__(
        self,
        topics: Topics,
        prefix: str,
        about: About,
        offers: Offers,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._own = f"{prefix}/device/{device_id(topics)}/config"
        self._birth = f"{prefix}/status"
        self.topics = (self._own, self._birth)
        self._device = topics
        self._about = about
        self._offers = offers
        self._clock = clock
        self._readings: frozenset[str] = frozenset()
        self._document: Document | None = None
        self._before: dict[str, Component] = {}
        self._due_s: float | None = None

    def learn(self, health: Health) -> None:
        """A reading that is missing now and then leaves its entity in place."""
        named = {"temperature_c"} & health.facts.keys() | health.facts.get("readings", {}).keys()
        if self._document is None or not named <= self._readings:
            self._readings |= named
            self._document = document(self._device, self._about, self._offers, self._readings)
            self._due_s = self._clock()

    def begin(self, say: Callable[[str, str], None]) -> None:
        """Another broker, or one that has forgotten everything, is told again."""
        self._due_s = self._clock()
        self.look(say)

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> None:
        if topic == self._birth and payload == b"online":
            self._due_s = self._clock() + uniform(0, _LATEST_S)  # noqa: S311 - no secret
        elif topic == self._own and retained and len(payload) <= _MOST_BYTES:
            self._before |= components(_parsed(payload))
            if self._document is None or self._gone(self._document):
                self._due_s = self._clock()

    def look(self, say: Callable[[str, str], None]) -> None:
        """Speak when it is time."""
        whole = self._document
        if whole is None or self._due_s is None or self._clock() < self._due_s:
            return
        self._due_s = None
        gone = self._gone(whole)
        self._before = {}
        if gone:
            _log.info("no longer announced to Home Assistant: %s", ", ".join(sorted(gone)))
            say(self._own, json.dumps(without(whole, gone)))
        say(self._own, json.dumps(whole))
        for topic in left_behind(self._device, gone.values(), whole["components"].values()):
            say(topic, "")  # this is how MQTT takes back what the broker keeps

    def _gone(self, whole: Document) -> dict[str, Component]:
        now = whole["components"]
        return {key: component for key, component in self._before.items() if key not in now}


def _parsed(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None
