"""Thermostat: how busy the chip may be, from its temperature.

A chip stands on a board. Its own rise over the board follows the load within seconds and in
proportion; the board takes minutes, and with it goes all that nobody tells us: the room, the fan,
the sun, other programs. So the temperature is taken apart, `temperature = base + rise * duty`. The
base is tracked with its slope, the rise is learned from the load's own changes, and the duty that
just fits under the limit a few seconds ahead is what remains: no integral that winds up, nothing to
tune to a board.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp
from statistics import median

_LAG_S = 8.0
"""How fast a die follows its load: 4 to 8 s by published curves (docs/heat.md). The slow end is the
safe one: a die that is faster looks too warm for a moment, not too cold."""

_FAST_S, _SLOW_S = 10.0, 120.0
"""How fast the base is tracked: fast while it is missed, else slow, against the sensor's noise."""

_QUIET_C, _LOUD_C = 0.25, 0.7
"""Misses up to the first are noise (a Pi's sensor: 0.3 °C and steps of 0.5), from the second on
they are news. Being too hot counts double."""

_MISS_S, _SPIKE = 10.0, 3.0
"""Over which misses are averaged; one alone has to be so much larger to count."""

_FALL_C_S = 0.1
"""The base is believed to cool no faster: what looks faster is a lag, and would let too much in."""

_AHEAD_S = 10.0
"""What the tracking and the die take to show a change."""

_FIRST_RISE_C, _RISES_C = 30.0, (2.0, 45.0)
"""The rise at full load before anything is learned, that of a bare Pi 5: careful, to begin with;
and what is believed at all."""

_LEARN_S, _SWING = 30.0, 0.1
"""Changes of the load that are faster than the first and larger than the second tell of the rise;
slower ones have warmed the board, smaller ones are noise."""

_FORGET = 0.998
"""From reading to reading: what was learned fades within minutes of change, so that a new heat sink
counts."""

_TRUST = 3.0
"""How many full swings the first rise weighs."""


@dataclass(frozen=True, slots=True)
class Thermal:
    """What is believed of the chip.

    `warm`: the duty as the die feels it, lagging. `missed_c`: how far the last expectations were
    off; at first, far. `slow_warm`, `slow_c`: duty and temperature, lagging more. `swings`,
    `changes`: sums of swing * swing and swing * change.
    """

    base_c: float
    slope_c_s: float = 0.0
    warm: float = 0.0
    rise_c: float = _FIRST_RISE_C
    recent_c: tuple[float, ...] = ()
    missed_c: float = 1.0
    slow_warm: float = 0.0
    slow_c: float = 0.0
    swings: float = _TRUST
    changes: float = _TRUST * _FIRST_RISE_C

    def limit_duty(self, limit_c: float) -> float:
        """What fits under the limit; may be negative, or more than 1."""
        return (limit_c - self.base_c - self.slope_c_s * _AHEAD_S) / self.rise_c


def first(temp_c: float) -> Thermal:
    return Thermal(temp_c, slow_c=temp_c, recent_c=(temp_c,))


def pass_time(heat: Thermal, duty: float, seconds: float) -> Thermal:
    """The die warms with what was done."""
    share = 1 - exp(-seconds / _LAG_S)
    return replace(heat, warm=heat.warm + (duty - heat.warm) * share)


def read(heat: Thermal, temp_c: float, seconds: float) -> Thermal:
    """One reading, `seconds` after the last. The median of three takes a single spike away."""
    recent_c = (*heat.recent_c[-2:], temp_c)
    return _learn(_track(replace(heat, recent_c=recent_c), median(recent_c), seconds), seconds)


def _track(heat: Thermal, temp_c: float, seconds: float) -> Thermal:
    """An alpha-beta filter, critically damped, that listens the better the more it misses."""
    expected_c = heat.base_c + heat.slope_c_s * seconds
    missed_c = temp_c - heat.rise_c * heat.warm - expected_c
    mean_c = heat.missed_c + (missed_c - heat.missed_c) * (1 - exp(-seconds / _MISS_S))
    keep = exp(-seconds / _tracking_s(mean_c, missed_c))
    base_c = expected_c + (1 - keep**2) * missed_c
    slope_c_s = heat.slope_c_s + (1 - keep) ** 2 * missed_c / seconds
    return replace(
        heat,
        base_c=max(base_c, heat.base_c - _FALL_C_S * seconds),
        slope_c_s=max(slope_c_s, -_FALL_C_S / 3),
        missed_c=mean_c,
    )


def _tracking_s(mean_c: float, missed_c: float) -> float:
    news_c = max(2 * mean_c, -mean_c, abs(missed_c) / _SPIKE)
    loud = min(max((news_c - _QUIET_C) / (_LOUD_C - _QUIET_C), 0.0), 1.0)
    return _SLOW_S + (_FAST_S - _SLOW_S) * loud


def _learn(heat: Thermal, seconds: float) -> Thermal:
    """The rise, by least squares over the fast changes; the base gives way, so nothing jumps."""
    share = 1 - exp(-seconds / _LEARN_S)
    temp_c = median(heat.recent_c)
    slow_warm = heat.slow_warm + (heat.warm - heat.slow_warm) * share
    slow_c = heat.slow_c + (temp_c - heat.slow_c) * share
    swing, change_c = heat.warm - slow_warm, temp_c - slow_c
    heat = replace(heat, slow_warm=slow_warm, slow_c=slow_c)
    if abs(swing) < _SWING:
        return heat
    swings = heat.swings * _FORGET + swing * swing
    changes = heat.changes * _FORGET + swing * change_c
    rise_c = min(max(changes / swings, _RISES_C[0]), _RISES_C[1])
    base_c = heat.base_c - (rise_c - heat.rise_c) * heat.warm
    return replace(heat, swings=swings, changes=changes, rise_c=rise_c, base_c=base_c)


def seat(heat: Thermal, temp_c: float) -> Thermal:
    """Begin anew after a gap, with what was learned."""
    base_c = temp_c - heat.rise_c * heat.warm
    return replace(
        heat, base_c=base_c, slope_c_s=0.0, recent_c=(temp_c,), slow_c=temp_c, slow_warm=heat.warm
    )
