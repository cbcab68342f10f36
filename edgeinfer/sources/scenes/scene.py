"""What every drawn scene gives: pictures with their truth, and what happens in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from edgeinfer.core.frame import Pixels
from edgeinfer.core.geometry import Box

Weather = Literal["clear", "rain", "snow", "fog", "mixed"]
Light = Literal["day", "dusk", "night", "mixed"]
"""`mixed`: it changes in the course of minutes, for each seed in its own way."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One object of one picture.

    `box` is all of the object that lies in the picture, also where something nearer hides it;
    `visible_share` is how much of that can be seen. What cannot be seen at all has no truth.
    """

    label: str
    box: Box
    id: int
    visible_share: float


@dataclass(frozen=True, slots=True)
class SceneEvent:
    """What happened from `start_s` to `end_s`.

    `passage`: a train is in the picture; facts `direction`, `train`, `track`, `stops`.
    `occupied`: a car stands in a bay; fact `bay`, its number. `id` is the object's, as in `Truth`.
    """

    kind: Literal["passage", "occupied"]
    start_s: float
    end_s: float
    id: int
    facts: Mapping[str, str | int | bool] = field(default_factory=dict)


class Scene(Protocol):
    """A pure function of time: the same seed, size, weather and light give the same pictures."""

    def draw(self, t_s: float) -> tuple[Pixels, tuple[Truth, ...]]:
        """The picture (H, W, 3) uint8 RGB at `t_s` seconds, its memory the caller's."""
        ...

    def events(self, from_s: float, to_s: float) -> tuple[SceneEvent, ...]:
        """Those that overlap the interval, by their start."""
        ...
