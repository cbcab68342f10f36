from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event

import pytest

from edgeinfer.core.contracts import Sensor
from edgeinfer.core.results import Health, Reading
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.runtime.vitals import Vitals
from edgeinfer.sections import Limits
from edgeinfer.sensors.readings import hottest_c
from tests.doubles import ListSink


class Thermometer:
    """Reads one temperature after the other, and stops the vitals behind the last."""

    def __init__(self, stop: Event, *values_c: float) -> None:
        self._stop = stop
        self._values_c = list(values_c)

    def read(self) -> Sequence[Reading]:
        value_c = self._values_c.pop(0)
        if not self._values_c:
            self._stop.set()
        return (Reading("cpu-thermal", value_c, "c", 0),)


class Broken:
    def read(self) -> Sequence[Reading]:
        raise OSError("the bus is gone")


class Flaky:
    def __init__(self, fails: int) -> None:
        self._fails = fails

    def read(self) -> Sequence[Reading]:
        if self._fails:
            self._fails -= 1
            raise OSError("the bus is gone")
        return (Reading("cpu-thermal", 50.0, "c", 0),)


class Looks:
    """Vitals that look once, at a time of our own."""

    def __init__(self, sensor: Sensor) -> None:
        stop = Event()
        stop.set()
        self._now_s = 0.0
        self._found: Sequence[Reading] = ()
        self.vitals = Vitals(
            [sensor],
            Scheduler(Limits()),
            dict,
            lambda _: None,
            stop,
            look=self._keep,
            health_s=3600,
            clock=lambda: self._now_s,
        )

    def at(self, now_s: float) -> float | None:
        """The hottest temperature that was read then."""
        self._now_s = now_s
        self.vitals()
        return hottest_c(self._found)

    def _keep(self, readings: Sequence[Reading]) -> None:
        self._found = readings


def told_by(*sensors: Callable[[Event], Sensor], limits: Limits | None = None) -> list[Health]:
    """What the vitals publish until a sensor stops them."""
    stop, told = Event(), list[Health]()
    Vitals(
        [sensor(stop) for sensor in sensors],
        Scheduler(limits or Limits()),
        lambda: {"model": "echo"},
        told.append,
        stop,
        health_s=3600,
        period_s=0.001,
    )()
    return told


def test_health_says_the_hottest_temperature_and_every_reading() -> None:
    (health,) = told_by(lambda stop: Thermometer(stop, 61.25))
    assert health.facts["temperature_c"] == 61.2
    assert health.facts["readings"] == {"cpu-thermal": {"value": 61.25, "unit": "c"}}
    assert health.facts["binds"] == "nothing"
    assert health.facts["model"] == "echo"


def test_a_sink_that_asks_is_told_how_the_device_is_now() -> None:
    class Asking(ListSink):
        ask_health: Callable[[], Health] | None = None

    looks, asking, other = Looks(Thermometer(Event(), 61.25)), Asking(), ListSink()
    looks.vitals.answer([asking, other])
    looks.at(0)
    assert asking.ask_health is not None
    assert asking.ask_health().facts["temperature_c"] == 61.2
    assert not hasattr(other, "ask_health")


def test_who_asks_is_told_what_was_read_and_no_sensor_is_read_for_it() -> None:
    class Counting:
        reads = 0

        def read(self) -> Sequence[Reading]:
            self.reads += 1
            return (Reading("cpu-thermal", float(self.reads), "c", 0),)

    counting = Counting()
    looks = Looks(counting)
    looks.at(0)
    assert [looks.vitals.now().facts["temperature_c"] for _ in range(3)] == [1.0, 1.0, 1.0]
    assert counting.reads == 1


def test_a_machine_without_a_sensor_has_no_temperature_in_its_health() -> None:
    class Nothing:
        def __init__(self, stop: Event) -> None:
            stop.set()

        def read(self) -> Sequence[Reading]:
            return ()

    (health,) = told_by(Nothing)
    assert "temperature_c" not in health.facts


def test_a_sensor_that_breaks_is_left_out_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    (health,) = told_by(lambda _: Broken(), lambda stop: Thermometer(stop, 50, 51, 52))
    assert health.facts["temperature_c"] == 50
    assert [record.getMessage() for record in caplog.records] == [
        "Broken: the bus is gone; it is left out, and asked again every 60 s"
    ]


def test_a_sensor_that_raised_is_asked_again_a_minute_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    looks = Looks(Flaky(fails=2))
    found = [looks.at(now_s) for now_s in (0.0, 59.9, 60.0, 119.9, 120.0, 120.5)]
    assert found == [None, None, None, None, 50.0, 50.0]
    assert [message for message in caplog.messages if message.startswith("Flaky")] == [
        "Flaky: the bus is gone; it is left out, and asked again every 60 s",
        "Flaky: it is back",
    ]


def test_a_sensor_is_named_while_it_is_inside_its_read() -> None:
    seen = list[tuple[str, float] | None]()

    class Slow:
        def read(self) -> Sequence[Reading]:
            seen.append(looks.vitals.reading)
            return ()

    looks = Looks(Slow())
    looks.at(7.0)
    assert seen == [("Slow", 7.0)]
    assert looks.vitals.reading is None


def test_health_is_told_at_the_start_and_then_only_as_often_as_asked() -> None:
    assert len(told_by(lambda stop: Thermometer(stop, 50, 51, 52, 53))) == 1
