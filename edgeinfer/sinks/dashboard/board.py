"""Board: the newest of everything, as the sink's thread leaves it for the server's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

from edgeinfer.core.results import Health, Result, State

_MINUTE_NS = 60 * 10**9
_LEAST_NS = 10**8  # ten results a second say enough of a minute, and are some 2 MB


@dataclass(slots=True)
class Board:
    """What is here is replaced, never changed; `results` are those of the last minute."""

    ask_health: Callable[[], Health] | None = None
    health: Mapping[str, Any] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    last_exit: Mapping[str, Any] | None = None
    result: Result | None = None
    picture_px: tuple[int, int] = (0, 0)
    result_s: float | None = None
    _results: deque[Result] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    def put_result(self, result: Result) -> None:
        bare = result.without_pixels()
        self.picture_px = (result.frame.width_px, result.frame.height_px)
        self.result, self.result_s = bare, monotonic()
        now_ns = result.frame.captured_ns
        with self._lock:
            if self._results and now_ns - self._results[-1].frame.captured_ns < _LEAST_NS:
                return
            self._results.append(bare)
            while now_ns - self._results[0].frame.captured_ns > _MINUTE_NS:
                self._results.popleft()

    def last_minute(self) -> list[Result]:
        with self._lock:
            return list(self._results)

    def put_state(self, state: State) -> None:
        self.states = {**self.states, state.rule: state.facts}

    def put_health(self, health: Health) -> None:
        self.health = health.facts
        # Health says it for ten minutes, and people come later.
        self.last_exit = health.facts.get("last_exit", self.last_exit)

    def look(self) -> Mapping[str, Any]:
        """Health as of now, where the service can be asked."""
        if self.ask_health is not None:
            self.put_health(self.ask_health())
        return self.health

    @property
    def result_age_s(self) -> float | None:
        return None if self.result_s is None else monotonic() - self.result_s
