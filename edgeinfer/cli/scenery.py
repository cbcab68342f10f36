"""The options of the verbs that draw a scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]


def weather_and_light(command: Command) -> Command:
    weather = click.option(
        "--weather",
        type=click.Choice(["clear", "rain", "snow", "fog", "mixed"]),
        default="clear",
        show_default=True,
    )
    light = click.option(
        "--light",
        type=click.Choice(["day", "dusk", "night", "mixed"]),
        default="day",
        show_default=True,
    )
    return weather(light(command))
