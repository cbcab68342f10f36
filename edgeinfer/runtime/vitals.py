"""Vitals: what the sensor thread does: reads the machine, and says how the device is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from time import monotonic, time_ns
from typing import Any

from edgeinfer.core.contracts import Sensor, Sink
from edgeinfer.core.results import Health, Reading
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.sensors.readings import hottest_c

_log = logging.getLogger(__name__)

PERIOD_S = 0.5
"""Between two readings: what the firmware throttles has to be answered within a second."""

_SOONEST_S = 5.0
"""Between two messages, however often what binds changes."""

_SETTLED_S = 10.0
"""After the start: the first message knows neither rate nor latency, and the next may be far."""

_LEFT_OUT_S = 60.0
"""Of a sensor that raised: what breaks may mend, and each try may be slow."""


class Vitals:
    """Reads every sensor twice a second, and replaces the scheduler's readings whole.

    Publishes `Health` every `health_s`, at once after `hurry`, and soon after what binds the rate
    has changed. `facts` says what the service knows besides; `look` is shown the readings each
    time. A sensor that raises is left out for a minute: a broken one is no reason to stop looking.
    `reading`: the sensor that is inside its `read` now, and since when.
    """

    def __init__(  # noqa: PLR0913 - each is one part of the service, by name
        self,
        sensors: Sequence[Sensor],
        scheduler: Scheduler,
        facts: Callable[[], Mapping[str, Any]],
        publish: Callable[[Health], None],
        stop: Event,
        *,
        look: Callable[[Sequence[Reading]], None] = lambda _: None,
        health_s: float,
        period_s: float = PERIOD_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.reading: tuple[str, float] | None = None
        self._sensors = tuple(sensors)
        self._scheduler = scheduler
        self._facts = facts
        self._publish = publish
        self._stop = stop
        self._also = look
        self._health_s = health_s
        self._period_s = period_s
        self._clock = clock
        self._out_until_s: dict[int, float] = {}
        self._readings: tuple[Reading, ...] = ()
        self._binds = "nothing"
        self._told_s = float("-inf")
        self._told_binds = "nothing"
        self._settles_s = float("inf")

    def __call__(self) -> None:
        self._settles_s = self._clock() + _SETTLED_S
        while True:
            self._readings = tuple(self._read())
            self._scheduler.observe(self._readings)
            self._also(self._readings)
            self._look()
            if self._stop.wait(self._period_s):
                return

    def now(self) -> Health:
        """How the device is at this moment; for whoever cannot wait for the next message."""
        return Health(time_ns(), {**self._of_machine(), **self._facts()})

    def answer(self, sinks: Sequence[Sink]) -> None:
        """Be what those ask that want to know it."""
        for sink in sinks:
            if hasattr(sink, "ask_health"):
                sink.ask_health = self.now

    def hurry(self) -> None:
        """Something has changed that a person waits to see."""
        self._told_s = float("-inf")

    def _read(self) -> list[Reading]:
        readings: list[Reading] = []
        for place, sensor in enumerate(self._sensors):
            if self._clock() >= self._out_until_s.get(place, float("-inf")):
                readings += self._read_one(place, sensor)
        return readings

    def _read_one(self, place: int, sensor: Sensor) -> Sequence[Reading]:
        name = type(sensor).__name__
        self.reading = name, self._clock()
        try:
            readings = list(sensor.read())
        except Exception as error:  # noqa: BLE001 - a stranger's plug-in; said, and left out
            self._leave_out(place, f"{name}: {error}")
            return ()
        finally:
            self.reading = None
        if self._out_until_s.pop(place, None) is not None:
            _log.info("%s: it is back", name)
        return readings

    def _leave_out(self, place: int, why: str) -> None:
        if place not in self._out_until_s:
            _log.warning("%s; it is left out, and asked again every %g s", why, _LEFT_OUT_S)
        self._out_until_s[place] = self._clock() + _LEFT_OUT_S

    def _look(self) -> None:
        binds = self._scheduler.binds
        if binds != self._binds:
            self._binds = binds
            _log.info("frame rate: %s", _words(binds, self._scheduler.allowed_fps))
        if self._clock() >= self._settles_s:
            self._settles_s = float("inf")
            self.hurry()
        since_s = self._clock() - self._told_s
        if since_s >= self._health_s or (binds != self._told_binds and since_s >= _SOONEST_S):
            self._told_s, self._told_binds = self._clock(), binds
            self._publish(self.now())

    def _of_machine(self) -> dict[str, Any]:
        """What the sensors say; what the machine does not have is absent."""
        found = {r.name: {"value": round(r.value, 3), "unit": r.unit} for r in self._readings}
        hottest = hottest_c(self._readings)
        hot = {} if hottest is None else {"temperature_c": round(hottest, 1)}
        return {**hot, "binds": self._binds, "readings": found}


def _words(binds: str, fps: float | None) -> str:
    rate = "" if fps is None else f", {fps:.3g} fps"
    return f"no limit binds{rate}" if binds == "nothing" else f"{binds} binds{rate}"
