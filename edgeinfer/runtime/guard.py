"""Guard: what the main thread looks at once a second: does anything hang, does everything flow."""

from __future__ import annotations

import logging

from edgeinfer.errors import EdgeinferError
from edgeinfer.runtime import deadline
from edgeinfer.runtime.deadline import SENSOR_S, Deadlines, SensorWatch
from edgeinfer.runtime.flow import Flow
from edgeinfer.runtime.notify import Notifier, Watchdog
from edgeinfer.runtime.vitals import Vitals

_log = logging.getLogger(__name__)

_SENSOR_HANGS = "sensor %s: has not returned for %g s; no readings and no health until it does"


class Guard:
    """`hung` is what to end with, once the model's run or the source's read hangs.

    They may take `invoke_s` and `read_s`. A sensor that hangs is only said.
    """

    def __init__(
        self, flow: Flow, vitals: Vitals, notifier: Notifier, *, invoke_s: float, read_s: float
    ) -> None:
        self.hung: EdgeinferError | None = None
        self._flow = flow
        self._notifier = notifier
        self._watchdog = Watchdog(notifier)
        self._deadlines = Deadlines(
            flow.inference,
            flow.capture,
            flow.source.name,
            invoke_limit_s=invoke_s,
            source_limit_s=read_s,
        )
        self._sensors = SensorWatch(vitals)
        self._ready = False

    def ready(self) -> None:
        """The first result is there."""
        self._ready = True
        self._notifier.ready()

    def look(self) -> None:
        self.hung = self.hung or self._deadlines.look()
        if sensor := self._sensors.look():
            _log.warning(_SENSOR_HANGS, sensor, SENSOR_S)
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
            waiting=self._waiting(),
            stuck=bool(stuck),
        )

    def _waiting(self) -> bool:
        """Frames come, and are left out on purpose."""
        inference = self._flow.inference
        return inference.paused or inference.resting or self._flow.scheduler.delay_s() > 0
