"""The sections of the configuration as values; `config.py` makes them from a TOML file."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Gt, Le

from edgeinfer.core.geometry import WHOLE, Region, check_region

INVOKE_LIMIT_S = 10.0
"""Long for any model of the menu on any board, and short beside the minute of the watchdog."""

_LONGEST_NAME = 64
Score = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, slots=True)
class Device:
    """Who this is: the name stands in every MQTT topic."""

    name: str = field(default_factory=socket.gethostname)

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= _LONGEST_NAME:
            raise ValueError(f"name should have from 1 to {_LONGEST_NAME} letters")
        if set(self.name) & set("/+#") or not self.name.isprintable():
            raise ValueError(f"name {self.name!r} cannot stand in a topic; leave out / + #")


@dataclass(frozen=True, slots=True)
class Model:
    """Which model, and how it is run. A menu `name`, or the `path` of a .tflite.

    `invoke_limit_s`: a run of the model that takes longer hangs, and ends the service.
    `ladder`: names or paths, each smaller than the one before, for when the limits leave too little
    for the first. `prior`: how much more often than in its training pictures a label is here.
    """

    name: str | None = None
    path: Path | None = None
    labels: Path | None = None
    min_score: Score | None = None
    scores: Mapping[str, Score] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    prior: Mapping[str, Annotated[float, Gt(0), Le(1000)]] = field(default_factory=dict)
    engine: str = "litert"
    threads: Annotated[int, Ge(1)] | None = None
    delegate: str | None = None
    delegate_options: Mapping[str, str] = field(default_factory=dict)
    invoke_limit_s: Annotated[float, Ge(1), Le(3600)] = INVOKE_LIMIT_S
    ladder: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.name is None) == (self.path is None) and not (self.ladder and self.name is None):
            raise ValueError("say which one, `name` from the menu or `path` of a .tflite")
        if len(set(self.ladder)) < len(self.ladder):
            raise ValueError("ladder names a model twice")

    @property
    def named(self) -> str | None:
        """The one that `name` or `path` says."""
        return self.name or (str(self.path) if self.path else None)

    @property
    def rungs(self) -> tuple[str, ...]:
        """Every model of the section, from the biggest, as names or paths."""
        if self.named is None or self.named in self.ladder:
            return self.ladder
        return (self.named, *self.ladder)


_Rate = Annotated[float, Ge(0.001), Le(1000)]
"""One frame in a quarter of an hour is the least that anybody can mean."""

_LEAST_TEMP_C = 30.0
"""A board at rest in a warm room is no cooler: a limit below it would hold for ever."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the scheduler keeps to; None: no limit.

    `min_fps` is kept to whatever the others ask for. `max_latency_ms`: from capture to result, of
    19 frames in 20. `max_duty`: CPU time over wall time, for each thread of the model.
    """

    max_fps: _Rate | None = None
    min_fps: _Rate | None = None
    max_latency_ms: Annotated[float, Gt(0), Le(600_000)] | None = None
    max_temp_c: Annotated[float, Ge(_LEAST_TEMP_C), Le(125)] | None = None
    max_duty: Annotated[float, Gt(0), Le(1)] | None = None

    def __post_init__(self) -> None:
        if self.min_fps and self.max_fps and self.min_fps > self.max_fps:
            raise ValueError(f"min_fps {self.min_fps:g} is above max_fps {self.max_fps:g}")


@dataclass(frozen=True, slots=True)
class MotionGate:
    """Frames in which nothing moves are not shown to the model.

    Only `region` is looked at, in fractions of the picture. `sensitivity`: with 2, half the change
    is enough. `hold_s`: after motion, everything is shown for so long. `floor_fps`: so many frames
    are shown whatever moves. `look_s`: every so often everything is shown, as after motion.
    """

    region: Region = WHOLE
    sensitivity: Annotated[float, Ge(0.1), Le(10)] = 1.0
    hold_s: Annotated[float, Ge(0), Le(3600)] = 3.0
    floor_fps: Annotated[float, Ge(0.01), Le(1000)] = 1.0
    look_s: Annotated[float, Ge(1), Le(86_400)] = 60.0

    def __post_init__(self) -> None:
        check_region(self.region)


@dataclass(frozen=True, slots=True)
class Part:
    """One plug-in as configured: `options` is an instance of its `Options`."""

    type: str
    name: str
    options: Any


@dataclass(frozen=True, slots=True)
class Config:
    source: Part
    model: Model
    device: Device = field(default_factory=Device)
    limits: Limits = field(default_factory=Limits)
    motion: MotionGate | None = None
    tracker: Part | None = None
    rules: tuple[Part, ...] = ()
    sinks: tuple[Part, ...] = ()
