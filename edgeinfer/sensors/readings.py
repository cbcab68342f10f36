"""Readings: what all sensors together say of heat and of the firmware's brakes."""

from __future__ import annotations

from collections.abc import Iterable

from edgeinfer.core.results import Reading

COLDEST_C, HOTTEST_C = -40.0, 150.0
"""What a chip that runs can be. A sensor without power reads far below (an Edge TPU -89 °C), a
broken one far above; the boards shut themselves down long before."""

_BRAKES = ("capped", "throttled", "soft_limit")


def hottest_c(readings: Iterable[Reading]) -> float | None:
    """Of everything that has a believable temperature; None: nothing tells one."""
    temps_c = (reading.value for reading in readings if reading.unit == "c")
    return max((c for c in temps_c if COLDEST_C <= c <= HOTTEST_C), default=None)


def slowed(readings: Iterable[Reading]) -> bool:
    """Whether the firmware holds the processor back now; False where nobody can tell."""
    return any(_is_set(reading) for reading in readings if reading.name in _BRAKES)


def under_voltage(readings: Iterable[Reading]) -> bool:
    """Whether the supply is too weak now; False where nobody can tell."""
    return any(_is_set(reading) for reading in readings if reading.name == "under_voltage")


def flags_seen(readings: Iterable[Reading]) -> set[str]:
    """Every brake and weakness that was set at any time since the start."""
    seen = (reading.name for reading in readings if _is_set(reading))
    return {name.removesuffix("_seen") for name in seen}


def _is_set(reading: Reading) -> bool:
    return reading.unit == "flag" and reading.value > 0
