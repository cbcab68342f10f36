"""Trial: rules that somebody is drawing, on what is seen now or was seen in the last minute."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from time import monotonic
from typing import Any

from edgeinfer.core.contracts import Rule
from edgeinfer.core.results import Event, Result
from edgeinfer.sinks.words import say
from edgeinfer.wire import to_dict

_LONGEST_S = 600.0  # whoever has gone to bed with the page open tries nothing any more
_MOST_EVENTS = 500
_log = logging.getLogger(__name__)

Make = Callable[[Path], tuple[Rule, ...]]
"""Rules that keep what they keep in that folder, and not where those that run do."""

Tell = Callable[[str, dict[str, Any]], None]


class Trial:
    """`begin` and `end` by any thread, `update` by the sink's, with every result."""

    def __init__(self, tell: Tell, clock: Callable[[], float] = monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._lock = Lock()
        self._rules: tuple[Rule, ...] = ()
        self._scratch: TemporaryDirectory[str] | None = None
        self._ends_s = 0.0

    def begin(self, make: Make) -> None:
        """Raises: ConfigError: as `make`; then what was tried before goes on."""
        scratch = TemporaryDirectory(prefix="edgeinfer-trial-")
        try:
            rules = make(Path(scratch.name))
        except BaseException:
            scratch.cleanup()
            raise
        self.end()
        with self._lock:
            self._rules, self._scratch = rules, scratch
            self._ends_s = self._clock() + _LONGEST_S

    def end(self) -> None:
        with self._lock:
            self._rules = ()
            if self._scratch is not None:
                self._scratch.cleanup()
                self._scratch = None

    def update(self, result: Result) -> None:
        if not self._rules:
            return
        if self._clock() > self._ends_s:
            self.end()
            return
        with self._lock:
            events, why = _tried(self._rules, result)
        for event in events:
            self._tell("trial", told(event))
        if why:
            self._tell("trial", {"error": why})
            self.end()


def replayed(make: Make, results: Iterable[Result]) -> list[dict[str, Any]]:
    """The events that those rules would have made of these results."""
    with TemporaryDirectory(prefix="edgeinfer-trial-") as scratch:
        rules = make(Path(scratch))
        events: list[dict[str, Any]] = []
        for result in results:
            found, _ = _tried(rules, result)
            events += map(told, found)
            if len(events) >= _MOST_EVENTS:
                break
    return events[:_MOST_EVENTS]


def told(event: Event) -> dict[str, Any]:
    return {**to_dict(event), "words": say(event)}


def _tried(rules: Sequence[Rule], result: Result) -> tuple[list[Event], str]:
    """What they say, and why one of them failed: a trial must not end the service."""
    try:
        return [event for rule in rules for event in rule.update(result)], ""
    except Exception as error:  # noqa: BLE001 - a stranger's rule; said, and not tried again
        _log.warning("trial: %s: %s", type(error).__name__, error)
        return [], f"rule: failed: {error}; look at its options"
