"""Probe: a model or a delegate is tried in a process of its own before this one depends on it.

A library that was built for another interpreter, or a damaged file, ends the process that loads it.
All of edgeinfer asks `check` first; `opened` does both. Where a model has run here before, that
costs the hash of its file.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from edgeinfer.engines import passed, trial
from edgeinfer.engines.litert import LitertEngine, runtime_name
from edgeinfer.engines.trial import Task
from edgeinfer.errors import EdgeinferError, EngineError, ModelError

# An Edge TPU takes 3 s to start, a Pi Zero 2 W 4 s to import; systemd gives a start 90 s.
LIMIT_S = 30.0
_KILLED_S = 2.0  # only a process stuck in a driver takes longer to go, and that one never goes

_log = logging.getLogger(__name__)
_tried: set[str] = set()  # where no state directory can be written, once a process is enough


def opened(
    path: Path,
    threads: int | None = None,
    delegate: str | None = None,
    delegate_options: Mapping[str, str] | None = None,
    **more: Any,
) -> LitertEngine:
    """A `LitertEngine` on a model that is known to run here.

    Raises: ModelError, EngineError: as `LitertEngine`; or loading or running it crashed or hung.
    """
    check(task(LitertEngine, path, delegate, delegate_options, **more))
    return LitertEngine(path, threads, delegate, delegate_options, **more)


def task(
    engine: type,
    path: Path,
    delegate: str | None = None,
    delegate_options: Mapping[str, str] | None = None,
    **more: str,
) -> Task:
    """What is to be tried: a class of engine and what it is made with, but for its threads."""
    name = f"{engine.__module__}:{engine.__qualname__}"
    return Task(name, str(path), delegate, delegate_options or {}, more)


def check(
    task: Task, *, sha256: str | None = None, limit_s: float = LIMIT_S, anew: bool = False
) -> None:
    """That the engine loads the model and runs it once; known after the first time.

    `sha256`: the model's, where it is known already. `anew`: what passed before does not count.
    Raises: ModelError, EngineError: what the engine said, or that it crashed or hung.
    """
    if not Path(task.path).is_file():
        return  # the engine itself says best what is wrong
    key = passed.key(task, sha256)
    if not anew and (key in _tried or passed.known(key)):
        return
    passed.remember(key, _libraries(task, limit_s))
    _tried.add(key)


def _libraries(task: Task, limit_s: float) -> list[str]:
    """The libraries that took part in a trial that ended well."""
    status, lines, said = _run(task, limit_s)
    for line in said.splitlines():
        _log.debug("trial of %s: %s", task.path, line)
    match lines[-1] if lines else None:
        case {"passed": list(libraries)}:
            return libraries
        case {"refused": ["ModelError", str(reason)]}:
            raise ModelError(reason)
        case {"refused": ["EngineError", str(reason)]}:
            raise EngineError(reason)
        case step:
            raise _failure(task, status, step, said, limit_s)


def _run(task: Task, limit_s: float) -> tuple[int | None, list[Any], str]:
    """Exit status, what it reported, what it said besides. Status None: it was still running."""
    # Memory files, not pipes: whatever a library starts and leaves behind, nobody waits for it.
    with _memory("task") as given, _memory("report") as report, _memory("said") as said:
        given.write(task.json().encode())
        given.seek(0)
        words = [str(os.getpid()), str(limit_s)]
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", trial.__name__, *words],
            stdin=given,
            stdout=report,
            stderr=said,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the asker, and its ending ends this one
        )
        status = _ended(child, limit_s)
        return status, _reported(_text(report)), _text(said)


def _memory(name: str) -> Any:
    return os.fdopen(os.memfd_create(name), "w+b")


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode(errors="replace"))


def _reported(text: str) -> list[Any]:
    """Whole lines only: it may have ended in the midst of one."""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _ended(child: subprocess.Popen[bytes], limit_s: float) -> int | None:
    try:
        return child.wait(limit_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(OSError):  # nothing of it is left
            os.killpg(child.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            child.wait(_KILLED_S)


def _failure(
    task: Task, status: int | None, step: Any, said: str, limit_s: float
) -> EdgeinferError:
    """What to tell of a trial that ended without a word of its own."""
    if status is None:
        return _hangs(task, limit_s)
    if status >= 0:  # an error that is no business of a model's: a bug, or a broken installation
        last = said.strip().rpartition("\n")[2]
        where = f"delegate {task.delegate}" if task.delegate else task.path
        return EngineError(f"{where}: cannot be tried: exit status {status}: {last or 'no word'}")
    name = _signal(-status)
    if step is None:
        return EngineError(f"the interpreter ends Python when imported ({name}); reinstall it")
    if status == -signal.SIGKILL or "bad_alloc" in said:
        return ModelError(trial.out_of_memory(task.path))
    return _crashes(task, name, str(step))


def _hangs(task: Task, limit_s: float) -> EdgeinferError:
    if task.delegate:
        return EngineError(
            f"delegate {task.delegate}: gives no answer within {limit_s:g} s on {task.path}; "
            "unplug its device and plug it in again, or run without the delegate"
        )
    return ModelError(
        f"{task.path}: one run does not end within {limit_s:g} s; "
        "it is damaged, or too large for this machine"
    )


def _crashes(task: Task, name: str, step: str) -> EdgeinferError:
    if task.delegate:
        return EngineError(
            f"delegate {task.delegate}: crashed {runtime_name()} ({name}) {step} {task.path}; this "
            "library does not work with this version of the runtime: take one that was built for "
            "it, or run without the delegate"
        )
    return ModelError(
        f"{task.path}: crashed {runtime_name()} ({name}); it is damaged, pull or copy it again"
    )


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name
        return f"signal {number}"
