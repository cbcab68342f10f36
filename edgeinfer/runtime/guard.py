"""Guard: what the main thread looks at once a second: does anything hang, does everything flow."""

from __future__ import annotations

import logging

from edgeinfer.errors import EdgeinferError
from edgeinfer.runtime import deadline
from edgeinfer.runtime.deadline import Deadlines
from edgeinfer.runtime.flow import Flow
from edgeinfer.runtime.notify import Notifier, Watchdog

_log = logging.getLogger(__name__)


class Guard:
    """`hung` is what to end with, once something hangs."""

    def __init__(
        self, flow: Flow, notifier: Notifier, *, invoke_limit_s: float, source_limit_s: float
    ) -> None:
        self.hung: EdgeinferError | None = None
        self._flow = flow
        self._notifier = notifier
        self._watchdog = Watchdog(notifier)
        self._deadlines = Deadlines(
            flow.inference,
            flow.capture,
            flow.source.name,
            invoke_limit_s=invoke_limit_s,
            source_limit_s=source_limit_s,
        )
        self._ready = False

    def ready(self) -> None:
        """The first result is there."""
        self._ready = True
        self._notifier.ready()

    def look(self) -> None:
        self.hung = self.hung or self._deadlines.look()
        if self._ready and self._watchdog.due:
            self._feed()

    def _feed(self) -> None:
        flow = self._flow
        stuck = deadline.stuck(flow.publisher.deliveries)
        for sink in stuck:
            _log.warning("sink %s: does not return; systemd's watchdog is not fed", sink)
        self._watchdog.tick(
            flow.inference.results,
            flow.capture.frames,
            flow.capture.tries,
            waiting=flow.inference.paused or flow.scheduler.delay_s() > 0,
            stuck=bool(stuck),
        )
