"""LastRun: how the run before this one ended, as far as that can be known afterwards.

A run writes a small record when it begins and again when it ends. One that says "running" although
its process is gone did not end in good order. Then the boot id tells a power cut from a kill, and
what Python's faulthandler wrote tells a crash, and whether it was in the engine.
"""

from __future__ import annotations

import faulthandler
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeinfer import state

RECORD = "last_run.json"
CRASH = "crash.txt"
"""Where faulthandler writes the threads of a process that crashes."""

_GOOD = ("stopped", "finished")
_TOLD = ("ending", "reason", "started", "saved", "version", "source", "model", "hottest_c")
_SEEN = ("flags_seen", "longest_frame_age_s", "counters")
_MOST_CRASH_BYTES = 20_000  # some forty threads
_FATAL = re.compile(r"Fatal Python error: (.+)")
_TIMEOUT = "Timeout ("  # what faulthandler begins with in `loading`
_THREADS = re.compile(r"^(?=(?:Current thread|Thread) 0x)", re.MULTILINE)
_IN_ENGINE = re.compile(r'pipeline\.py", line \d+ in run\b')
_IN_MAIN = re.compile(r'service\.py", line \d+ in run\b')


@dataclass(frozen=True, slots=True)
class LastRun:
    """`ending`: running, stopped, finished, error, crashed, killed or power; `reason` in words.

    `record` is all that the run kept of itself. `in_engine`: it crashed while running the model.
    """

    ending: str
    reason: str
    record: Mapping[str, Any]
    in_engine: bool = False

    @property
    def in_good_order(self) -> bool:
        return self.ending in _GOOD

    @property
    def before(self) -> LastRun | None:
        """How the run before that one ended."""
        told = self.record.get("last_exit")
        if not isinstance(told, dict):
            return None
        return LastRun(str(told.get("ending")), str(told.get("reason")), told)

    def told(self) -> dict[str, Any]:
        """What a message says of it."""
        own = {"ending": self.ending, "reason": self.reason}
        facts = {**self.record, **own}
        return {key: facts[key] for key in (*_TOLD, *_SEEN) if facts.get(key) not in (None, [])}


def read(folder: Path, proc: Path = Path("/proc")) -> LastRun | None:
    """The run that last kept a record in this folder, be it over or not; None: there is none."""
    record = state.kept(folder / RECORD)
    if not record:
        return None
    ending = str(record.get("ending"))
    if ending != "running" or is_alive(record, proc):
        return LastRun(ending, str(record.get("reason", "")), record)
    if record.get("boot_id") != boot_id(proc):
        reason = "the board lost its power, or was reset"
        return LastRun("power", reason, record)
    return _without_a_word(record, _text(folder / CRASH))


@contextmanager
def loading(limit_s: float) -> Iterator[None]:
    """Ends the process where a library holds it for longer, and with it every thread of Python."""
    folder = state.directory()
    with (folder / CRASH).open("ab") if folder else nullcontext(sys.stderr) as file:
        faulthandler.dump_traceback_later(limit_s, exit=True, file=file)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def is_alive(record: Mapping[str, Any], proc: Path = Path("/proc")) -> bool:
    """Whether the process that wrote it still runs; another one may have its number by now."""
    began = record.get("pid_began")
    same_boot = record.get("boot_id") == boot_id(proc)
    return same_boot and began is not None and began == pid_began(record.get("pid"), proc)


def boot_id(proc: Path = Path("/proc")) -> str:
    """Of this start of the kernel."""
    return _text(proc / "sys/kernel/random/boot_id").strip()


def pid_began(pid: object, proc: Path = Path("/proc")) -> int | None:
    """When a process began, in ticks since boot: field 22 of its stat; None: it is gone."""
    fields = _text(proc / str(pid) / "stat").rpartition(")")[2].split()
    return int(fields[19]) if len(fields) > 19 else None


def _without_a_word(record: Mapping[str, Any], crash: str) -> LastRun:
    fatal = _FATAL.search(crash)
    if fatal is None:
        if _TIMEOUT in crash:
            return LastRun("crashed", "the engine did not load in time", record, in_engine=True)
        reason = "killed by SIGKILL: by a person, by systemd after a time limit, or for memory"
        return LastRun("killed", reason, record)
    threads = _THREADS.split(crash)
    # A library's own thread is none of Python's: then none is marked, and any may be to blame.
    blamed = [thread for thread in threads if thread.startswith("Current")] or threads
    if fatal[1] == "Aborted" and all(map(_IN_MAIN.search, blamed)):
        return LastRun("killed", "ended by SIGABRT, as systemd's watchdog does", record)
    in_engine = any(map(_IN_ENGINE.search, blamed))
    where = " in the engine" if in_engine else ""
    return LastRun("crashed", f"crashed{where}: {fatal[1]}", record, in_engine)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_CRASH_BYTES).decode(errors="replace")
    except OSError:
        return ""
