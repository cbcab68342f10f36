"""A service whose accelerator fails in a chosen way, for a process of its own.

`python -m tests.runtime.failing_service FOLDER WAY`: a line of JSON for each event and each health;
exit status 1 and one line on standard error where the service ends with an error.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Event as Signal
from typing import TextIO

from edgeinfer import wire
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Event, Health, Message
from edgeinfer.core.tensor import Array
from edgeinfer.errors import EdgeinferError, EngineError
from edgeinfer.runtime.fallback import Fallback
from edgeinfer.runtime.record import Record
from edgeinfer.runtime.service import Service
from edgeinfer.sections import Model
from tests.doubles import EchoEngine, ListSink, ScriptedSource, echo_pipeline, frame

MODEL = Model(path=Path("double.tflite"), delegate="libdouble.so")


def say(file: TextIO, line: str) -> None:
    file.write(f"{line}\n")
    file.flush()


def hang() -> None:
    Signal().wait()


def crash() -> None:
    ctypes.string_at(0)


def vanish() -> None:
    raise EngineError("invoke failed: the device has gone")


WAYS: dict[str, Callable[[], object]] = {
    "hang": hang,
    "crash": crash,
    "vanish": vanish,
    "work": lambda: None,
    "die": lambda: os.kill(os.getpid(), 9),
}


class Printer(ListSink):
    """Says every event and every health; `told` when it has said the first health and `events`."""

    wants = (Event, Health)

    def __init__(self, events: int) -> None:
        super().__init__()
        self.told = Signal()
        self._missing = {Event: events, Health: 1}

    def send(self, message: Message) -> None:
        say(sys.stdout, wire.to_json(message))
        self._missing[type(message)] -= 1
        if max(self._missing.values()) <= 0:
            self.told.set()


class Accelerator(EchoEngine):
    """Works once, and then fails, but not before everything was told."""

    accelerated = True

    def __init__(self, fail: Callable[[], object], told: Signal) -> None:
        self._fail = fail
        self._told = told
        self._runs = 0

    def run(self, tensor: Array) -> Sequence[Array]:
        self._runs += 1
        if self._runs > 1:
            self._told.wait()
            self._fail()
        return super().run(tensor)


def frames() -> Iterator[Frame]:
    yield from map(frame, count())


def main() -> None:
    folder, way = Path(sys.argv[1]), sys.argv[2]
    record = Record(folder)
    on_cpu = replace(MODEL, delegate=None)
    with record, Fallback(MODEL, folder, record.before, instead=lambda _: on_cpu) as fallback:
        record.begin(delegate=None if fallback.active else fallback.delegate)
        before = record.before
        sink = Printer(events=int(before is not None and not before.in_good_order))
        engine = EchoEngine() if fallback.active else Accelerator(WAYS[way], sink.told)
        results = count()
        service = Service(
            ScriptedSource(frames(), live=True),
            echo_pipeline(lambda _: service.stop() if next(results) == 5 else None, engine),
            [sink],
            invoke_limit_s=0.5,
            record=record,
            fallback=fallback,
        )
        report = service.run()
    say(sys.stdout, json.dumps({"type": "report", "stopped": report.stopped}))


if __name__ == "__main__":
    try:
        main()
    except EdgeinferError as error:
        say(sys.stderr, str(error))
        os._exit(error.exit_status)
    os._exit(0)
