"""Fallback: an accelerator that fails again and again is left alone, and the CPU does its work.

Three ends of the process in a row, by an error, a hang or a crash, are enough. Then the service
runs on the CPU for a pause, which doubles with each further failure. After it the accelerator is
tried in another process, and only where it works there does this one end in good order, for
systemd to start the next, which takes the accelerator again. Changing the engine in the middle of
a run would be a second way of beginning, with a library in the process that has just failed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic, time
from types import TracebackType
from typing import Any, Self

from edgeinfer.errors import EngineError, ModelError
from edgeinfer.last_run import LastRun
from edgeinfer.runtime import on_cpu, strikes
from edgeinfer.runtime.strikes import ENOUGH
from edgeinfer.sections import Model

_PROVEN_S = 600.0  # ten minutes of results: what fails at once after each start is no success
_LOOK_S = 10.0  # while a pause runs: the clock may be set meanwhile

_log = logging.getLogger(__name__)


class Fallback:
    """`model` is the section to run with; `active`: it is the CPU's.

    Entered around the making and the running of the engine: an `EngineError` that leaves it is a
    strike against the delegate.
    """

    def __init__(  # noqa: PLR0913 - the last four are what a test holds in its hand
        self,
        model: Model,
        folder: Path | None = None,
        before: LastRun | None = None,
        *,
        instead: Callable[[Model], Model | None] = on_cpu.instead,
        trial: Callable[[], None] | None = None,
        clock: Callable[[], float] = monotonic,
        wall_s: Callable[[], float] = time,
    ) -> None:
        self.model = model
        self.delegate = on_cpu.delegate_of(model)
        self.active = False
        self._folder = folder
        self._trial = trial or on_cpu.trial(model)
        self._clock = clock
        self._wall_s = wall_s
        self._first_s: float | None = None
        self._strikes = strikes.read(folder, self.delegate or "")
        if before and before.in_engine and before.record.get("delegate") == self.delegate:
            self._strike(before.reason)
        self._choose(instead)

    def _choose(self, instead: Callable[[Model], Model | None]) -> None:
        if self.delegate is None or self._left_s() <= 0:
            return
        model = instead(self.model)
        if model is not None:
            self.model, self.active = model, True
            _log.warning(
                "%s runs on the CPU: delegate %s failed %d times: %s",
                model.named or " ".join(model.ladder),
                self.delegate,
                self._strikes.count,
                self._strikes.reason,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, EngineError) and not self.active:
            self._strike(str(error))

    def facts(self) -> dict[str, Any]:
        """Of the accelerator, for health and events; empty while there is nothing to say."""
        return dict(self._strikes.told()) if self._strikes.count else {}

    def proven(self, results: int) -> bool:
        """Called now and then: True once the accelerator is trusted again."""
        if results and self._first_s is None:
            self._first_s = self._clock()
        proven = self._first_s is not None and self._clock() - self._first_s >= _PROVEN_S
        if not proven or self.active or not self._strikes.count:
            return False
        self._strikes = strikes.Strikes(self.delegate or "")
        strikes.write(self._folder, self._strikes)
        _log.warning("delegate %s: works again", self.delegate)
        return True

    def wait_until_it_works(self, stop: Event) -> bool:
        """Wait for the end of each pause and try the accelerator; False: `stop` came first."""
        while not stop.wait(min(self._left_s(), _LOOK_S)):
            if self._left_s() <= 0 and self._works():
                return True
        return False

    def _works(self) -> bool:
        try:
            self._trial()
        except (EngineError, ModelError) as error:
            self._strike(str(error))
            _log.warning("%s", error)
            return False
        return True

    def _strike(self, reason: str) -> None:
        if self.delegate is None:
            return
        self._strikes = self._strikes.more(reason, self._wall_s())
        strikes.write(self._folder, self._strikes)
        if self._strikes.count >= ENOUGH:
            pause_s = self._strikes.pause_s
            _log.warning("delegate %s: is left alone for %.0f s", self.delegate, pause_s)

    def _left_s(self) -> float:
        return self._strikes.left_s(self._wall_s())
