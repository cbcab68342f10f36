"""Thermometer: the duty that the temperature allows, and what is done without one.

A temperature that is not there, that is old or that cannot be is no temperature; nor is one that
never changes, for a live chip's always does. Then the duty is held at a cautious share until there
is one again: without eyes one walks, one does not stop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgeinfer.runtime.brake import FREE
from edgeinfer.runtime.thermostat import Thermal, first, pass_time, read, seat
from edgeinfer.sensors.readings import COLDEST_C, HOTTEST_C

BLIND_DUTY = 0.5
"""Half keeps every board of docs/heat.md below 80 °C in a room of 36 °C, but the bare Pi 5."""

_OLD_S = 10.0
"""Longer than a busy machine holds a reading back, shorter than a board takes to heat."""

_FROZEN_S = 300.0
"""A sensor with steps of 0.5 °C flickers within seconds, one with 1 °C within a minute or two."""

_BLIND_LIFT_S = 600.0
"""From nothing to all: what the temperature last allowed is left slowly when it is lost."""


@dataclass(frozen=True, slots=True)
class Thermometer:
    """What is known of the temperature.

    `duty`: what it allows; `age_s` counts since the last good reading, `same_s` since it differed.
    """

    duty: float = FREE
    blind: bool = False
    thermal: Thermal | None = None
    temp_c: float | None = None
    read_s: float | None = None
    age_s: float = 0.0
    same_s: float = 0.0


def pass_by(meter: Thermometer, duty: float, passed_s: float) -> Thermometer:
    """Time passes with this duty."""
    return replace(
        meter,
        age_s=meter.age_s + passed_s,
        same_s=meter.same_s + passed_s,
        thermal=meter.thermal and pass_time(meter.thermal, duty, passed_s),
    )


def look(meter: Thermometer, temp_c: float | None, read_s: float) -> Thermometer:
    """Perhaps there is a new reading."""
    if temp_c is None or read_s == meter.read_s or not COLDEST_C <= temp_c <= HOTTEST_C:
        return meter
    seconds = max(read_s - meter.read_s, 0.0) if meter.read_s is not None else 0.0
    return replace(
        meter,
        thermal=_believed(meter, temp_c, seconds),
        temp_c=temp_c,
        read_s=read_s,
        age_s=0.0,
        same_s=meter.same_s if temp_c == meter.temp_c else 0.0,
    )


def _believed(meter: Thermometer, temp_c: float, seconds: float) -> Thermal:
    if meter.thermal is None:
        return first(temp_c)
    if seconds == 0 or seconds > _OLD_S:
        return seat(meter.thermal, temp_c)
    return read(meter.thermal, temp_c, seconds)


def judge(meter: Thermometer, limit_c: float, passed_s: float) -> Thermometer:
    """What the limit allows now."""
    blind = meter.age_s > _OLD_S or meter.same_s > _FROZEN_S
    if blind or meter.thermal is None:
        lifted = min(max(meter.duty, 0.0) + passed_s / _BLIND_LIFT_S, BLIND_DUTY)
        return replace(meter, blind=blind, duty=lifted)
    return replace(meter, blind=False, duty=meter.thermal.limit_duty(limit_c))
