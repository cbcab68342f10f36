"""What comes out: findings, the result of a frame, events and readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box


@dataclass(frozen=True, slots=True)
class Classification:
    """The whole picture shows `label`; `score` from 0 to 1."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Detection:
    """`label` is at `box`; `track` is the tracker's number of this one object."""

    label: str
    score: float
    box: Box
    track: int | None = None


@dataclass(frozen=True, slots=True)
class Keypoint:
    """A named point, in fractions of the picture."""

    name: str
    score: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Pose:
    """One body."""

    score: float
    keypoints: tuple[Keypoint, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A label for each cell of a grid that covers the picture."""

    labels: tuple[str, ...]
    cells: NDArray[np.uint8]  # (rows, columns), indices into `labels`


Finding = Classification | Detection | Pose | Mask


Binds = Literal["nothing", "max_fps", "temperature", "latency", "duty", "power"]
"""Which limit sets the frame rate; "nothing": frames run as fast as they come, or as they can."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Where a frame's time went, and what held the rate when it started.

    `waited_ms`: from the source's hands to the start of the work.
    """

    waited_ms: float
    prepare_ms: float
    invoke_ms: float
    decode_ms: float
    binds: Binds = "nothing"

    @property
    def total_ms(self) -> float:
        return self.waited_ms + self.prepare_ms + self.invoke_ms + self.decode_ms


@dataclass(frozen=True, slots=True)
class Result:
    """What `model` found in `frame`."""

    frame: Frame
    model: str
    findings: tuple[Finding, ...]
    timing: Timing

    def without_pixels(self) -> Result:
        return replace(self, frame=self.frame.without_pixels())


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened: `rule` is the rule's name, `kind` what it says, `result` what caused it.

    `facts` holds what JSON can hold. By its `id` a receiver knows an event that comes twice.
    `time_uncertain`: nothing vouches for the wall time of its frame. For who draws it: `best` is
    the result whose picture shows more than the last one does, and `place` the points of the line
    (two) or of the polygon that the rule watches, in fractions.
    """

    rule: str
    kind: str
    result: Result
    facts: Mapping[str, Any]
    id: str = field(default_factory=lambda: uuid4().hex)
    time_uncertain: bool = False
    place: tuple[tuple[float, float], ...] = ()
    best: Result | None = None

    @property
    def shown(self) -> Result:
        """The result whose picture stands for the event."""
        return self.best or self.result

    def without_pixels(self) -> Event:
        return replace(self, result=self.result.without_pixels(), best=None)


@dataclass(frozen=True, slots=True)
class Health:
    """How the device is, now and then and when that changes; `facts` holds what JSON can hold."""

    wall_ns: int
    facts: Mapping[str, Any]
    key: ClassVar[str] = "health"

    def without_pixels(self) -> Health:
        return self


@dataclass(frozen=True, slots=True)
class State:
    """How a rule sees things from `wall_ns` on; `facts` holds what JSON can hold."""

    rule: str
    wall_ns: int
    facts: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"state/{self.rule}"

    def without_pixels(self) -> State:
        return self


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The picture of an event; its frame always has pixels."""

    event: Event

    @property
    def key(self) -> str:
        return f"snapshot/{self.event.rule}"

    def without_pixels(self) -> Snapshot:
        return self


Standing = Health | State | Snapshot
"""What is true until the next one with its `key` comes: only the newest is worth delivering."""

Message = Result | Event | Standing


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of the machine. A sensor without a value gives no reading, never a 0.0."""

    name: str
    value: float
    unit: str
    read_ns: int
