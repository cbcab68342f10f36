"""`edgeinfer run`: the service, and what it says when it ends."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from edgeinfer.cli import journald, laying
from edgeinfer.cli.progress import fetching
from edgeinfer.cli.report import say
from edgeinfer.errors import EdgeinferError

_log = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@click.command("run")
@click.option("-c", "--config", "file", type=click.Path(path_type=Path), help="A TOML file.")
@click.option(
    "--source",
    metavar="S",
    help="0, /dev/video0, picamera:0, rtsp://…, a clip, a folder, synthetic:signs.",
)
@click.option("--model", metavar="M", help="A name of the menu, or the path of a .tflite.")
@click.option("--labels", metavar="FILE", help="The labels of a model that has no card.")
@click.option("--min-score", type=float, metavar="X", help="Leave out findings below it.")
@click.option("--threads", type=int, metavar="N", help="For the model. [all cores but one]")
@click.option("--delegate", metavar="LIB", help="A delegate, as in libedgetpu.so.1.")
@click.option(
    "--sink",
    "sinks",
    multiple=True,
    metavar="K",
    help="jsonl:-, jsonl:FILE, mqtt://host:1883; again for more. [words; jsonl:- in a pipe]",
)
@click.option("--dashboard", is_flag=True, help="Show it all at http://127.0.0.1:8080.")
@click.option("--device", metavar="NAME", help="Its name in MQTT topics. [the host's name]")
@click.option("--max-fps", type=float, metavar="N", help="Run at most so many frames a second.")
@click.option("--frames", type=click.IntRange(min=1), metavar="N", help="End after N results.")
@click.option(
    "--simulate-heat",
    "heat",
    metavar="SCENARIO",
    help="Take a simulated board's temperature for this one's, as in pi4-summer (docs/heat.md).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report of the run as JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Log connections, losses, model.")
def command(
    file: Path | None,
    frames: int | None,
    heat: str | None,
    *,
    as_json: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Run the service: frames from a source, through a model, to sinks.

    What is given here wins over the configuration: a source, or sinks, take the place of the whole
    section; a model that of its name, path, labels and ladder. A clip or a folder is processed
    whole; a camera or a stream runs until SIGTERM or Ctrl-C, and only the newest frame counts.
    Asked to restart, it reads its configuration again; where that is wrong by now, it goes on with
    the one that it had.
    """
    log = journald.set_up(logging.DEBUG if verbose else logging.INFO)
    ask = partial(laying.read, file, given, as_json=as_json)
    lay = partial(laying.laid, given=given, default_sink=not as_json)
    make = partial(_made, job=Job(frames, heat, file, lay), log=log)
    before: dict[str, Any] | None = None
    again = True
    while again:
        with ExitStack() as stack:
            service, before = _begin(ask, make, before, stack)
            report, again = _serve(service)
    say(report, as_json=as_json)
    if not report.stopped and any(sink.dropped and not sink.closed for sink in report.sinks):
        sys.exit(1)  # the job was to deliver everything, and it is not done


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked for besides the configuration.

    `file` is read again by a restart, and `lay` lays the arguments over its tables.
    """

    frames: int | None
    heat: str | None
    file: Path | None
    lay: Callable[[dict[str, Any]], dict[str, Any]]


def _begin(
    ask: Callable[[], dict[str, Any]],
    make: Callable[..., AbstractContextManager[Any]],
    before: dict[str, Any] | None,
    stack: ExitStack,
) -> tuple[Any, dict[str, Any]]:
    """A service, and its tables: as they are by now, or as before where those are wrong.

    Raises: EdgeinferError: nothing has run before, or that does not work any more either.
    """
    try:
        table = ask()
        return stack.enter_context(make(table)), table
    except EdgeinferError as error:
        if before is None:
            raise
        problems = tuple(str(error).splitlines())
    for problem in problems:
        _log.warning("restart: %s", problem)
    _log.warning("restart: goes on with the configuration that it had; mend this, and ask again")
    return stack.enter_context(make(before, refused=problems)), before


@contextmanager
def _made(
    table: dict[str, Any],
    *,
    job: Job,
    log: journald.JournalHandler | None,
    refused: tuple[str, ...] = (),
) -> Iterator[Any]:
    """A service, with what it keeps for the next run; `refused` is what it did not begin with."""
    from edgeinfer import assembly, state
    from edgeinfer.runtime.fallback import Fallback
    from edgeinfer.runtime.record import Record

    settings = assembly.configure(table)
    if log is not None:
        log.device = settings.device.name
    record = Record(folder := state.directory(), refused=refused)
    with record, Fallback(settings.model, folder, record.before) as fallback:
        record.begin(delegate=None if fallback.active else fallback.delegate)
        yield _service(replace(settings, model=fallback.model), job, record, fallback)


def _serve(service: Any) -> tuple[Any, bool]:
    """The report of the run, and whether another one is to follow."""
    before = {n: signal.signal(n, lambda *_: service.stop()) for n in _SIGNALS}
    report = service.run()
    if service.again:  # until the next one runs, nobody listens there
        for number, handler in before.items():
            signal.signal(number, handler)
    return report, service.again


def _service(settings: Any, job: Job, record: Any, fallback: Any) -> Any:
    from edgeinfer import assembly, state
    from edgeinfer.runtime.gate import Gate
    from edgeinfer.runtime.ladder import Ladder
    from edgeinfer.runtime.service import Service

    with fetching() as on_fetch:
        parts = assembly.build(
            settings,
            on_fetch,
            heat=job.heat,
            file=job.file,
            check=lambda read: assembly.configure(job.lay(dict(read))),
        )
    return Service(
        parts.source,
        Ladder(parts.pipeline, parts.ladder, parts.limits.min_fps),
        parts.sinks,
        rules=parts.rules,
        sensors=parts.sensors,
        limits=parts.limits,
        gate=Gate(settings.motion) if settings.motion else None,
        frames=job.frames,
        invoke_limit_s=settings.model.invoke_limit_s,
        state=state.directory(),
        record=record,
        fallback=fallback,
    )
