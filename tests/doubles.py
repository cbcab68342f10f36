"""Stand-ins for what a test must hold in its hand: a source, an engine and a sink that obey it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue
from types import TracebackType
from typing import Self

import numpy as np

from edgeinfer.core.contracts import Engine
from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Classification, Finding, Message, Result, Timing
from edgeinfer.core.tensor import Array, TensorSpec
from edgeinfer.errors import SinkError, SourceError
from edgeinfer.pipeline import Pipeline


def frame(seq: int = 0) -> Frame:
    return Frame(np.full((4, 6, 3), seq % 256, np.uint8), seq, seq, seq, "double")


def result(seq: int = 0) -> Result:
    return Result(frame(seq), "double", (), Timing(0, 0, 0, 0))


class ScriptedSource:
    """Gives what its script says, in turn: a frame, an error to raise, or a call to make first.

    The script goes on where it was when the source is opened again.
    """

    name = "double"

    def __init__(
        self, script: Iterable[Frame | Exception | Callable[[], object]], *, live: bool = False
    ) -> None:
        self.live = live
        self.opened = 0
        self.closed = 0
        self._script = iter(script)

    def __enter__(self) -> Self:
        self.opened += 1
        return self

    def read(self) -> Frame | None:
        for step in self._script:
            if isinstance(step, Frame):
                return step
            if isinstance(step, Exception):
                raise step
            step()
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closed += 1


class AbsentSource(ScriptedSource):
    """Cannot be opened."""

    def __enter__(self) -> Self:
        self.opened += 1
        raise SourceError("double: no such device")


class EchoEngine:
    """Its output is its input."""

    input = TensorSpec("in", (1, 4, 6, 3), np.dtype(np.uint8))
    outputs = (input,)

    def run(self, tensor: Array) -> Sequence[Array]:
        return [tensor.copy()]


class EchoDecoder:
    """Finds the first pixel's value: whoever sees the finding knows which frame it was."""

    def __init__(self, called: Callable[[int], object]) -> None:
        self._called = called

    def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Finding, ...]:
        assert placement == Placement()
        value = int(outputs[0].flat[0])
        self._called(value)
        return (Classification(str(value), 1.0),)


def echo_pipeline(
    called: Callable[[int], object] = lambda _: None, engine: Engine | None = None
) -> Pipeline:
    """Calls `called` with each frame's number (modulo 256) in the thread that runs it."""
    return Pipeline(
        "echo",
        lambda taken: (taken.pixels[None], Placement()),
        engine or EchoEngine(),
        EchoDecoder(called),
    )


class ListSink:
    """Keeps what it is sent. `refuse(n)` makes it refuse the next n tries."""

    name = "list"

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.refused: SimpleQueue[None] = SimpleQueue()
        self.closed = 0
        self._refusals = 0

    def refuse(self, times: int) -> None:
        self._refusals = times

    def __enter__(self) -> Self:
        return self

    def send(self, message: Message) -> None:
        if self._refusals > 0:
            self._refusals -= 1
            self.refused.put(None)
            raise SinkError("list: away")
        self.sent.append(message)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closed += 1
