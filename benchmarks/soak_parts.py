"""What stands in for a camera, an engine, a rule and a slow reader in the service of `soak.py`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np

from edgeinfer.core.frame import Frame, Pixels
from edgeinfer.core.geometry import Box, Placement
from edgeinfer.core.results import Detection, Event, Finding, Message, Result
from edgeinfer.core.tensor import Array, TensorSpec
from edgeinfer.errors import SinkBusy, SinkError, SourceError

RULE = "tick"
HEIGHT_PX, WIDTH_PX = 48, 64


class Camera:
    """Live; every `trouble_every` frames it does one of the things that cameras do."""

    name = "soak"
    live = True
    stall_s = 5.0

    def __init__(self, fps: float, trouble_every: int) -> None:
        random = np.random.default_rng(1)
        shape = (HEIGHT_PX, WIDTH_PX, 3)
        grain = random.integers(0, 12, (8, *shape), np.uint8)
        ramp = np.linspace(40, 200, WIDTH_PX).astype(np.uint8)
        self._pictures: list[Pixels] = [np.ascontiguousarray(one + ramp[:, None]) for one in grain]
        self._black = np.zeros(shape, np.uint8)
        self._interval_s = 1 / fps
        self._trouble_every = trouble_every
        self.frames = self.opened = 0
        self._troubles = self._refusals = 0
        self._dark_until_s = 0.0
        self._due_s = 0.0

    def __enter__(self) -> Self:
        self.opened += 1
        if self._refusals:
            self._refusals -= 1
            raise SourceError("soak: no such device")
        self._due_s = time.monotonic()
        return self

    def read(self) -> Frame | None:
        self.frames += 1
        if self.frames % self._trouble_every == 0:
            self._troubles += 1
            if frame := self._trouble(self._troubles):
                return frame
        self._pace()
        dark = time.monotonic() < self._dark_until_s
        picture = self._black if dark else self._pictures[self.frames % len(self._pictures)]
        return self._frame(picture)

    def __exit__(self, *_: object) -> None:
        pass

    def _trouble(self, number: int) -> Frame | None:
        """Lost; lost and absent for a while; no picture; slow; black."""
        kind = number % 5
        if kind == 1:
            raise SourceError("soak: ended")
        if kind == 2:
            self._refusals = 2
            raise SourceError("soak: lost")
        if kind == 3:
            return self._frame(np.zeros((0, WIDTH_PX, 3), np.uint8))
        if kind == 4:
            time.sleep(1.0)
        if kind == 0:
            self._dark_until_s = time.monotonic() + 8.0  # dark is said after 5
        return None

    def _pace(self) -> None:
        """A thousand short sleeps a second are never exact: what was late is caught up."""
        self._due_s = max(self._due_s + self._interval_s, time.monotonic() - 0.1)
        ahead_s = self._due_s - time.monotonic()
        if ahead_s > 0:
            time.sleep(ahead_s)

    def _frame(self, pixels: Pixels) -> Frame:
        clocks = time.monotonic_ns(), time.time_ns()
        return Frame(pixels, self.frames, *clocks, self.name)


class Echo:
    """Its output is its input."""

    input = TensorSpec("in", (1, HEIGHT_PX, WIDTH_PX, 3), np.dtype(np.uint8))
    outputs = (input,)

    def run(self, tensor: Array) -> Sequence[Array]:
        return [tensor.copy()]


class OneThing:
    def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Finding, ...]:
        return (Detection("thing", float(outputs[0].flat[0]) / 255, Box(0.2, 0.2, 0.6, 0.7)),)


class Tick:
    """An event every `every` results; it calls `enough` once there were `results` of them."""

    def __init__(
        self, every: int, first: int, results: int, log: int, enough: Callable[[], None]
    ) -> None:
        self.results = 0
        self.made = first
        self._every = every
        self._most = results
        self._log = log
        self._enough = enough
        self._pending: int | None = None

    def update(self, result: Result) -> Sequence[Event]:
        self.settle()
        self.results += 1
        if self.results == self._most:
            self._enough()
        if self.results % self._every:
            return ()
        self._pending = self.made
        self.made += 1
        return (Event(RULE, "made", result, {"n": self._pending}),)

    def settle(self) -> None:
        """The last event was offered to every sink: written at once, lest a kill takes it back."""
        if self._pending is not None:
            os.write(self._log, b"%d %d\n" % (self._pending, time.monotonic_ns()))
            self._pending = None


class SlowSink:
    """Takes ten a second, and has moods."""

    name = "slow"

    def __init__(self) -> None:
        self._tries = 0

    def __enter__(self) -> Self:
        return self

    def send(self, message: Message) -> None:
        self._tries += 1
        time.sleep(0.1)
        if self._tries % 50 == 0:
            raise SinkError("slow: away")
        if self._tries % 20 == 0:
            raise SinkBusy("slow: takes nothing just now")

    def __exit__(self, *_: object) -> None:
        pass
