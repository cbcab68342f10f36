"""Check: the doctor. What this machine has, what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from edgeinfer import state
from edgeinfer.engines import litert
from edgeinfer.errors import EdgeinferError
from edgeinfer.model import weights
from edgeinfer.tools import accelerator, board, cameras, machine
from edgeinfer.tools.configured import configured
from edgeinfer.tools.deadline import within
from edgeinfer.tools.incident import incident
from edgeinfer.tools.line import CONFIGURATION, Line, fail, failed, ok, warn
from edgeinfer.tools.machine import Machine

_QUICK_S = 5.0  # for what is read from the kernel

Question = Callable[[Machine], Iterable[Line]]


def check(file: Path | None = None, here: Machine | None = None) -> Iterator[Line]:
    """Each line as soon as it is known; none of them can hang."""
    here = here or Machine(state=state.directory())
    for name, question in _QUESTIONS.items():
        yield from ask(name, _LIMITS_S.get(name, _QUICK_S), partial(question, here))
    if file is not None:
        yield from configured(file, ask)


def exit_status(lines: Iterable[Line]) -> int:
    """0: nothing failed; 2: the configuration did; 1: something else."""
    names = {line.name for line in lines if line.state == "fail"}
    return 2 if CONFIGURATION in names else int(bool(names))


def ask(name: str, limit_s: float, question: Callable[[], Iterable[Line]]) -> Iterable[Line]:
    """The lines of a question, or those that say why there is no answer."""
    try:
        return within(limit_s, lambda: list(question()))
    except EdgeinferError as error:
        return failed(name, error, "edgeinfer run -v may say more")
    except TimeoutError:
        advice = "look whether its device or its server hangs; plug it in again or restart it"
        return [fail(name, f"no answer within {limit_s:.0f} s", advice)]


def _runtime(_: Machine) -> Iterator[Line]:
    """Raises: EngineError: none is installed."""
    yield ok("runtime", f"{litert.runtime_name()}, {litert.cores()} cores")


def _throttling(here: Machine) -> Iterator[Line]:
    """Where no firmware tells there is no line; `rights` says why it does not on a Raspberry Pi."""
    slowdowns = board.throttling(here)
    if slowdowns:
        advice = "add a heat sink or a fan and use the board's own power supply"
        yield warn("throttling", f"the firmware says: {', '.join(slowdowns)}", advice)
    elif slowdowns is not None:
        yield ok("throttling", "the firmware does not hold the processor back")


_QUESTIONS: dict[str, Question] = {
    "board": machine.board,
    "word size": machine.word_size,
    "system": machine.system,
    "python": machine.python,
    "page size": accelerator.page_size,
    "memory": machine.memory,
    "runtime": _runtime,
    "accelerator": accelerator.accelerator,
    "usb cameras": cameras.usb_cameras,
    "pi cameras": cameras.pi_cameras,
    "temperature": machine.temperature,
    "throttling": _throttling,
    "power": machine.power,
    "clock": machine.clock,
    "space": lambda _: machine.space(weights.own_folder()),
    "rights": machine.rights,
    "last run": incident,
}
_LIMITS_S = {"pi cameras": cameras.LIST_S + 1, "runtime": 30.0}  # imports from an SD card
