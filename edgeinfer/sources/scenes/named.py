"""The scenes that have a truth, by name."""

from __future__ import annotations

from edgeinfer.sources.scenes.parking import Parking
from edgeinfer.sources.scenes.railway import Railway
from edgeinfer.sources.scenes.scene import Light, Scene, Weather

SCENES: dict[str, type[Railway | Parking]] = {"railway": Railway, "parking": Parking}


def make(
    name: str,
    seed: int,
    size: tuple[int, int] = (640, 480),
    weather: Weather = "clear",
    light: Light = "day",
) -> Scene:
    """`size`: width and height in pixels. Raises: KeyError: there is no such scene."""
    return SCENES[name](seed, size, weather, light)
