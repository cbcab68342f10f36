from __future__ import annotations

import pytest

from edgeinfer.core.results import Reading
from edgeinfer.sensors.readings import hottest_c, slowed, under_voltage


def flag(name: str, value: float) -> Reading:
    return Reading(name, value, "flag", 0)


def test_the_hottest_of_everything_that_has_a_temperature_counts() -> None:
    readings = [
        Reading("cpu-thermal", 61.5, "c", 0),
        Reading("edgetpu-0", 72.0, "c", 0),
        Reading("clock_mhz", 2400.0, "mhz", 0),
    ]
    assert hottest_c(readings) == 72.0


@pytest.mark.parametrize("absurd", [float("nan"), float("inf"), -float("inf"), -88.0, 1e9, 150.1])
def test_what_no_chip_can_be_hides_no_good_reading(absurd: float) -> None:
    bad, good = Reading("plug-in", absurd, "c", 0), Reading("cpu-thermal", 61.5, "c", 0)
    assert hottest_c([bad, good]) == hottest_c([good, bad]) == 61.5
    assert hottest_c([bad]) is None


def test_without_a_temperature_nothing_is_the_hottest() -> None:
    assert hottest_c([Reading("load_1m", 90.0, "1", 0)]) is None


@pytest.mark.parametrize("name", ["capped", "throttled", "soft_limit"])
def test_each_brake_of_the_firmware_slows(name: str) -> None:
    assert slowed([flag("under_voltage", 0.0), flag(name, 1.0)])
    assert not slowed([flag(name, 0.0)])


def test_what_was_seen_once_does_not_slow_now() -> None:
    assert not slowed([flag("throttled", 0.0), flag("throttled_seen", 1.0)])
    assert not under_voltage([flag("under_voltage", 0.0), flag("under_voltage_seen", 1.0)])


def test_a_weak_supply_is_no_brake() -> None:
    readings = [flag("under_voltage", 1.0), flag("throttled", 0.0)]
    assert under_voltage(readings)
    assert not slowed(readings)


def test_where_nobody_can_tell_nothing_is_held_against_the_machine() -> None:
    assert not slowed([])
    assert not under_voltage([])
