"""The seven contracts. Nobody inherits them: a class that has the methods keeps the contract.

A plug-in is a class with a nested frozen dataclass `Options`; `edgeinfer.config` builds that from
the person's TOML. `assembly.py` shows what each kind is constructed with. What can be wrong with
a setting or a model is found in the constructor or on entering; what runs per frame trusts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from edgeinfer.core.about import Shown
from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Detection, Event, Finding, Message, Reading, Result
from edgeinfer.core.tensor import Array, TensorSpec


class Source(Protocol):
    """Where frames come from. Entering opens it; entering again after leaving reopens it.

    An attribute `stall_s` says how long `read` waits for a frame before it raises; where that is
    missing, 60 s are assumed. A call that takes several times as long counts as hanging.
    """

    @property
    def name(self) -> str:
        """What results call it."""
        ...

    @property
    def live(self) -> bool:
        """A live source may be dropped from and reopened; a finite one is processed whole."""
        ...

    def __enter__(self) -> Self:
        """Raises: SourceError: it cannot be opened."""
        ...

    def read(self) -> Frame | None:
        """The next frame; None when a finite source has ended.

        Raises: SourceError: the source was lost.
        """
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Engine(Protocol):
    """Runs a model. The arrays that `run` returns are the caller's to keep."""

    @property
    def input(self) -> TensorSpec: ...

    @property
    def outputs(self) -> tuple[TensorSpec, ...]: ...

    def run(self, tensor: Array) -> Sequence[Array]:
        """Raises: EngineError: the interpreter or its delegate gave up."""
        ...


class Decoder(Protocol):
    """Output tensors to findings: pure, so that made-up arrays test it."""

    def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Finding, ...]: ...


class Tracker(Protocol):
    """Gives the same object the same number from frame to frame."""

    def update(self, detections: Sequence[Detection], captured_ns: int) -> Sequence[Detection]: ...


class Rule(Protocol):
    """Turns results into the events that a person asked for.

    A method `close` is called after the last result, by the thread that called `update`, however
    the service ends short of a kill; there a rule writes what is to outlive it.
    """

    def update(self, result: Result) -> Sequence[Event]: ...


@runtime_checkable
class ShowingRule(Rule, Protocol):
    """A rule that has a state besides its events; no rule has to."""

    @property
    def name(self) -> str: ...

    @property
    def shows(self) -> Mapping[str, Shown]:
        """What stands in `state`, known before the first result."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of its events."""
        ...

    @property
    def state(self) -> Mapping[str, Any]:
        """What is so since the last result; None for what is not known yet."""
        ...


class Sensor(Protocol):
    """Reads the machine: no reading for what the board does not have."""

    def read(self) -> Sequence[Reading]: ...


class Sink(Protocol):
    """Where messages go. It is entered, used and left by one thread, its own.

    It is sent results and events; with `wants`, the kinds of messages that stand in that tuple. A
    message comes without the frame's pixels, so that a thousand of them can wait for a broker; a
    sink with `wants_pixels = True` gets those of the newest few frames. With a `durable` name the
    events that it has not taken yet outlive the process, for the next sink of that name.

    A method `introduce` is called with an `About` before it is entered. An attribute `on_command`
    is set before that to what takes commands, by name and word, from any thread; an attribute
    `ask_health` to what says how the device is, to any thread. A method `equip` is called with a
    `Setup`, where people may change the configuration by way of the sink.
    """

    @property
    def name(self) -> str:
        """What logs call it."""
        ...

    def __enter__(self) -> Self:
        """Raises: SinkError: it can never work as it is configured."""
        ...

    def send(self, message: Message) -> None:
        """Deliver it, or leave nothing half delivered.

        Raises: SinkError: not this time; the same message is offered again. SinkBusy: the same, but
        the other side is at work. SinkClosed: never again.
        """
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
