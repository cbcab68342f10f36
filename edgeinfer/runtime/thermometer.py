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

_FROZEN_S, _FROZEN_AT_REST_S = 300.0, 1800.0
"""How long a reading may stay the same: while the load would have moved it, and else, for a sensor
with steps of 1 °C is still for many minutes while nothing changes."""

_SWING = 0.3
"""Of the duty: within five minutes it moves die and board by more than the step of any sensor."""

_BLIND_LIFT_S = 600.0
"""From nothing to all: what the temperature last allowed is left slowly when it is lost."""


@dataclass(frozen=True, slots=True)
class Thermometer:
    """What is known of the temperature.

    `duty`: what it allows; `age_s` counts since the last good reading, `same_s` since it differed,
    and `warms` are the least and the most that the die has felt of the load since then.
    """

    duty: float = FREE
    blind: bool = False
    thermal: Thermal | None = None
    temp_c: float | None = None
    read_s: float | None = None
    age_s: float = 0.0
    same_s: float = 0.0
    warms: tuple[float, float] = (1.0, 0.0)

    @property
    def frozen(self) -> bool:
        moved = self.warms[1] - self.warms[0] > _SWING
        return self.same_s > (_FROZEN_S if moved else _FROZEN_AT_REST_S)


def pass_by(meter: Thermometer, duty: float, passed_s: float) -> Thermometer:
    """Time passes with this duty."""
    thermal = meter.thermal and pass_time(meter.thermal, duty, passed_s)
    low, high = meter.warms
    return replace(
        meter,
        age_s=meter.age_s + passed_s,
        same_s=meter.same_s + passed_s,
        thermal=thermal,
        warms=(min(low, thermal.warm), max(high, thermal.warm)) if thermal else meter.warms,
    )


def look(meter: Thermometer, temp_c: float | None, read_s: float) -> Thermometer:
    """Perhaps there is a new reading."""
    if temp_c is None or read_s == meter.read_s or not COLDEST_C <= temp_c <= HOTTEST_C:
        return meter
    same = temp_c == meter.temp_c
    seconds = max(read_s - meter.read_s, 0.0) if meter.read_s is not None else 0.0
    return replace(
        meter,
        thermal=_believed(meter, temp_c, seconds),
        temp_c=temp_c,
        read_s=read_s,
        age_s=0.0,
        same_s=meter.same_s if same else 0.0,
        warms=meter.warms if same else (1.0, 0.0),
    )


def _believed(meter: Thermometer, temp_c: float, seconds: float) -> Thermal:
    if meter.thermal is None:
        return first(temp_c)
    if seconds == 0 or seconds > _OLD_S:
        return seat(meter.thermal, temp_c)
    return read(meter.thermal, temp_c, seconds)


def judge(meter: Thermometer, limit_c: float, passed_s: float) -> Thermometer:
    """What the limit allows now."""
    blind = meter.age_s > _OLD_S or meter.frozen
    if blind and meter.temp_c is not None and meter.temp_c >= limit_c:
        # The last that was seen was too hot: nothing is lifted.
        return replace(meter, blind=True, duty=min(meter.duty, BLIND_DUTY))
    if blind or meter.thermal is None:
        lifted = min(max(meter.duty, 0.0) + passed_s / _BLIND_LIFT_S, BLIND_DUTY)
        return replace(meter, blind=blind, duty=lifted)
    return replace(meter, blind=False, duty=meter.thermal.limit_duty(limit_c))
