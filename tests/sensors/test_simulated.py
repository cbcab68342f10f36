from __future__ import annotations

import pytest

from edgeinfer.sensors.readings import hottest_c, slowed, under_voltage
from edgeinfer.sensors.simulated import SCENES, SimulatedHeat


class Busy:
    """A process whose one core is always busy."""

    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def _sensor(scenario: str, busy: Busy) -> SimulatedHeat:
    return SimulatedHeat(SimulatedHeat.Options(scenario), clock=busy, cpu_s=busy)


@pytest.mark.parametrize("scenario", sorted(SCENES))
def test_every_scenario_begins_cool_enough_and_well(scenario: str) -> None:
    readings = _sensor(scenario, Busy()).read()
    temp_c = hottest_c(readings)
    assert temp_c is not None
    assert temp_c < 75
    assert not slowed(readings)
    assert not under_voltage(readings)


@pytest.mark.parametrize("scenario", ["pi4-summer", "pi4-fan-stops", "pi5-bare"])
def test_a_busy_process_passes_75_degrees_within_two_minutes(scenario: str) -> None:
    busy = Busy()
    sensor = _sensor(scenario, busy)
    for _ in range(240):
        busy.now_s += 0.5
        readings = sensor.read()
    assert (hottest_c(readings) or 0) > 75


def test_a_weak_supply_comes_and_goes() -> None:
    busy = Busy()
    sensor = _sensor("bad-power", busy)
    busy.now_s += 20
    assert under_voltage(sensor.read())
    busy.now_s += 10
    assert not under_voltage(sensor.read())


def test_a_lost_sensor_gives_no_temperature() -> None:
    busy = Busy()
    sensor = _sensor("sensor-lost", busy)
    busy.now_s += 30
    assert hottest_c(sensor.read()) is None


def test_an_unknown_scenario_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(ValueError, match="pi4-summer"):
        SimulatedHeat.Options("mars")
