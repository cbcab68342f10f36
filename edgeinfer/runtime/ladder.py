"""Ladder: which of the models runs the next frame."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from edgeinfer.core.results import Binds
from edgeinfer.pipeline import Pipeline
from edgeinfer.rungs import Rung
from edgeinfer.runtime import stock
from edgeinfer.runtime.hysteresis import Hysteresis, Way
from edgeinfer.runtime.stock import Stock

# Above the least rate, for the bigger model to be worth a try: less would be lost to the first
# warmer hour.
_ROOM = 1.25
# While they bind, the rate is chosen: how much more heat and duty would allow, nobody knows.
_NO_LIMIT = ("nothing", "max_fps")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """From one model to another, and which limit made it."""

    before: str
    after: str
    binds: Binds
    facts: Mapping[str, Any]


class Ladder:
    """`pipeline` is the one to run the next frame with. Used by one thread.

    Without rungs, or with one, it stays as it is. `rungs` go from the biggest to the smallest, and
    `pipeline` is of one of them. Models are loaded by `in_background`; nothing here waits for that.
    """

    def __init__(  # noqa: PLR0913 - the last three are what a test holds in its hand
        self,
        pipeline: Pipeline,
        rungs: Sequence[Rung] = (),
        min_fps: float | None = None,
        *,
        clock: Callable[[], float] = monotonic,
        available_bytes: Callable[[], int | None] = stock.available_bytes,
        in_background: Callable[[stock.Job], None] = stock.in_thread,
    ) -> None:
        self.pipeline = pipeline
        self._rungs = rungs if min_fps else ()
        self._min_fps = min_fps or 0.0
        self._clock = clock
        self._stock = Stock(rungs, available_bytes, in_background)
        self._cost_s: dict[int, float] = {}
        if self._rungs:
            self._at = [rung.model for rung in rungs].index(pipeline.model)
            self._hysteresis = Hysteresis(self._min_fps)

    def step(self, wanted_fps: float | None, cost_s: float | None, binds: Binds) -> Change | None:
        """Called after each result; a change says that `pipeline` is another one from now on.

        `wanted_fps`: what the limits allow (None: anything). `cost_s`: of a frame of this model.
        """
        if len(self._rungs) < 2:
            return None
        if cost_s:
            self._cost_s[self._at] = cost_s
        self._stock.collect()
        change = self._decide(wanted_fps, binds)
        self._stock.tend(self._clock(), self._neighbours())
        return change

    def _decide(self, wanted_fps: float | None, binds: Binds) -> Change | None:
        now_s = self._clock()
        way = self._hysteresis.advise(
            now_s,
            too_slow=wanted_fps is not None and wanted_fps < self._min_fps,
            room=self._has_room(None if binds in _NO_LIMIT else wanted_fps),
        )
        target = self._next(way)
        pipeline = None if target is None else self._stock.take(target)
        if target is None or pipeline is None:
            return None
        before, self.pipeline = self.pipeline, pipeline
        self._stock.put_back(self._at, before, now_s)
        self._at = target
        self._hysteresis.went(now_s, way)
        return _change(before.model, pipeline.model, binds, wanted_fps)

    def _has_room(self, wanted_fps: float | None) -> bool:
        """Would the next bigger model reach the least rate, and some more?"""
        bigger = self._next("up")
        if bigger is None:
            return False
        cost_s, bigger_s = self._cost_of(self._at), self._cost_of(bigger)
        fps = 1 / bigger_s
        if wanted_fps is not None:
            fps = min(fps, wanted_fps * cost_s / bigger_s)
        return fps >= _ROOM * self._min_fps

    def _cost_of(self, rung: int) -> float:
        """Measured, or estimated from the model that runs now, whichever is less.

        What was measured in the heat was slow, and the times of the start leave out what is
        the same for all models. Both err upwards; a climb too many costs a longer wait.
        """
        here = self._rungs[self._at].invoke_s
        now_s = self._cost_s.get(self._at, here)
        estimate_s = now_s * self._rungs[rung].invoke_s / here
        return min(self._cost_s.get(rung, estimate_s), estimate_s)

    def _next(self, way: Way) -> int | None:
        if way == "stay":
            return None
        smaller = range(self._at + 1, len(self._rungs))
        bigger = range(self._at - 1, -1, -1)
        rungs = smaller if way == "down" else bigger
        return next((rung for rung in rungs if rung not in self._stock.gone), None)

    def _neighbours(self) -> list[int]:
        """The smaller one first: it is wanted in need."""
        return [rung for way in ("down", "up") if (rung := self._next(way)) is not None]


def _change(before: str, after: str, binds: Binds, wanted_fps: float | None) -> Change:
    _log.info("model: %s instead of %s; %s binds", after, before, binds)
    facts = {
        "from": before,
        "to": after,
        "binds": binds,
        "wanted_fps": None if wanted_fps is None else round(wanted_fps, 3),
    }
    return Change(before, after, binds, facts)
