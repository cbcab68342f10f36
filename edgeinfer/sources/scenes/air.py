"""Air: the light and the weather of one moment, and what they make of a colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp

import numpy as np
from numpy.typing import NDArray

from edgeinfer.sources.scenes.scene import Light, Weather

Colour = tuple[float, float, float]
"""Red, green, blue from 0 to 255, as it is in plain daylight."""

_DAY_S = 600.0  # a day of `mixed` from noon to noon: short, so that a clip shows some of it
_SPELL_S = 50.0  # of one weather in `mixed`
_TURNING_S = 10.0  # until the next weather is there
_STEPS = 32  # of each quantity: what does not move is drawn anew at a step only
_SPELLS: tuple[Weather, ...] = ("clear", "clear", "clear", "rain", "snow", "fog")
_DARKNESS: dict[str, float] = {"day": 0.0, "dusk": 0.5, "night": 1.0}


@dataclass(frozen=True)
class Air:
    """Each from 0 to 1. `darkness`: 0 is day, 0.5 dusk, 1 night."""

    darkness: float = 0.0
    rain: float = 0.0
    snow: float = 0.0
    fog: float = 0.0
    clouds: float = 0.3

    @cached_property
    def tint(self) -> tuple[float, float, float]:
        """What is left of each colour."""
        return _between(_TINTS, self.darkness, 1 - 0.16 * self.dull)

    @cached_property
    def dull(self) -> float:
        return max(self.rain, self.snow * 0.8, self.fog, self.clouds - 0.6, 0.0)

    @cached_property
    def haze(self) -> Colour:
        """What distance fades into."""
        return _between(_HAZES, self.darkness, 1.0)

    @cached_property
    def sun(self) -> float:
        """How strong the sun's own light is, from 0 to 1: it makes shadows and bright sides."""
        return max(0.0, 1 - 1.5 * self.darkness) * (1 - 0.85 * self.dull)

    @cached_property
    def lamps(self) -> float:
        """How much lamps and lit windows count, from 0 to 1."""
        return min(1.0, max(0.0, (self.darkness - 0.25) * 2.5))

    @cached_property
    def reach_m(self) -> float:
        """The distance at which two thirds of a colour are lost."""
        return 1 / (1 / 900 + self.rain / 260 + self.snow / 170 + self.fog / 75)

    def lost(self, distance_m: float) -> float:
        """The share of a colour that is lost at a distance."""
        return 1 - exp(-distance_m / self.reach_m)

    def colour(self, colour: Colour, bright: float, distance_m: float) -> Colour:
        """As the camera sees it; `bright` is the light on the face, 1 on an even ground."""
        lost = self.lost(distance_m)
        (r, g, b), (tr, tg, tb), (hr, hg, hb) = colour, self.tint, self.haze
        kept = (1 - lost) * bright
        return r * tr * kept + hr * lost, g * tg * kept + hg * lost, b * tb * kept + hb * lost

    def glow(self, colour: Colour, lit: Colour, bright: float, distance_m: float) -> Colour:
        """A window or lamp: `colour` by day, `lit` in the dark."""
        plain, share = self.colour(colour, bright, distance_m), self.lamps
        near = 1 - 0.6 * self.lost(distance_m)
        return (
            plain[0] + (lit[0] * near - plain[0]) * share,
            plain[1] + (lit[1] * near - plain[1]) * share,
            plain[2] + (lit[2] * near - plain[2]) * share,
        )


_TINTS = ((1.0, 1.0, 1.0), (0.72, 0.61, 0.6), (0.3, 0.33, 0.42))
_HAZES = ((205.0, 216.0, 224.0), (184.0, 146.0, 132.0), (30.0, 34.0, 48.0))


def _between(three: tuple[Colour, ...], darkness: float, scale: float) -> Colour:
    first = min(int(darkness * 2), 1)
    share = darkness * 2 - first
    r, g, b = (
        (a + (z - a) * share) * scale for a, z in zip(three[first], three[first + 1], strict=True)
    )
    return r, g, b


class Climate:
    """The air of every moment, by seed."""

    def __init__(self, seed: int, weather: Weather, light: Light) -> None:
        self._seed, self._weather, self._light = seed, weather, light
        chance = np.random.default_rng((seed, 77))
        self._noon_s = float(chance.uniform(0, _DAY_S))
        self._clouds = float(chance.uniform(0.1, 0.75))
        self._dusk = float(chance.uniform(-0.1, 0.1))

    def at(self, t_s: float) -> Air:
        values = np.round(self._amounts(t_s) * _STEPS) / _STEPS
        rain, snow, fog = (float(value) for value in values)
        clouds = max(self._clouds, 0.95 * max(rain, snow), 0.8 * fog)
        return Air(round(self._darkness(t_s) * _STEPS) / _STEPS, rain, snow, fog, clouds)

    def _darkness(self, t_s: float) -> float:
        if self._light != "mixed":
            fixed = _DARKNESS[self._light]
            return fixed + self._dusk if self._light == "dusk" else fixed
        hour = ((t_s + self._noon_s) % _DAY_S) / _DAY_S
        from_noon = abs(2 * ((hour + 0.5) % 1) - 1)  # 0 at midnight, 1 at noon
        return float(np.clip((0.62 - from_noon) / 0.34, 0, 1))

    def _amounts(self, t_s: float) -> NDArray[np.float64]:
        """Rain, snow, fog."""
        if self._weather != "mixed":
            return self._spell(self._weather, 0)
        number, within_s = divmod(t_s, _SPELL_S)
        now, after = (self._drawn(int(number) + step) for step in (0, 1))
        turned = max(0.0, 1 - (_SPELL_S - within_s) / _TURNING_S)
        return now + (after - now) * turned

    def _drawn(self, number: int) -> NDArray[np.float64]:
        chance = np.random.default_rng((self._seed, 78, number))
        return self._spell(_SPELLS[int(chance.integers(len(_SPELLS)))], number)

    def _spell(self, weather: Weather, number: int) -> NDArray[np.float64]:
        chance = np.random.default_rng((self._seed, 79, number))
        strength = float(chance.uniform(0.5, 1))
        kinds = ("rain", "snow", "fog")
        return np.array([strength if weather == kind else 0.0 for kind in kinds])
