"""Record: what this run leaves for the next one to read, and for `edgeinfer check`.

One small file, because the journal of a Raspberry Pi is gone after a reboot. It says "running"
until the end says better; a process that is killed cannot say anything.
"""

from __future__ import annotations

import faulthandler
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, time_ns
from types import TracebackType
from typing import Any, Self

from edgeinfer import __version__, last_run, state
from edgeinfer.core.results import Reading
from edgeinfer.errors import EdgeinferError
from edgeinfer.sensors.readings import flags_seen, hottest_c
from edgeinfer.wire import timestamp

# A run that ends within the first minute says so itself or crashed; later a card is spared.
_FIRST_SAVE_S = 60.0
_SAVE_S = 600.0
# A card that hangs must not hold up the end, which has 2 s in all.
_LAST_SAVE_S = 0.4

_log = logging.getLogger(__name__)


def _enable_faulthandler(path: Path) -> None:
    """For the process as a whole, and for good: it keeps the file open."""
    with suppress(OSError):
        faulthandler.enable(path.open("wb"))


class Record:
    """`begin` when the run begins, left when it ends. `before` is how the run before it ended.

    `refused`: what is wrong with the configuration that this run should have had, and has not.
    Without a folder, or while another process keeps its own there, nothing is written.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        refused: tuple[str, ...] = (),
        proc: Path = Path("/proc"),
        clock: Callable[[], float] = monotonic,
        catch_crashes: Callable[[Path], None] = _enable_faulthandler,
    ) -> None:
        self.before = last_run.read(folder, proc) if folder else None
        self.refused = refused
        self.reason = ""  # of an end in good order
        self._folder = folder
        if self.before and self.before.ending == "running":
            self._folder = self.before = None
        self._clock = clock
        self._catch_crashes = catch_crashes
        self._lock = Lock()  # for the facts; never held while a card may hang
        self._writing = Lock()
        self._due_s = clock() + _FIRST_SAVE_S
        self._flags: set[str] = set()
        pid = os.getpid()
        self._facts: dict[str, Any] = {
            "version": __version__,
            "started": timestamp(time_ns()),
            "boot_id": last_run.boot_id(proc),
            "pid": pid,
            "pid_began": last_run.pid_began(pid, proc),
            "last_exit": self.before.told() if self.before else None,
        }

    def describe(self, **facts: Any) -> None:
        """What is known of the run: its source, its model, its delegate."""
        with self._lock:
            self._facts |= facts

    def observe(self, readings: Sequence[Reading]) -> None:
        """Remember the worst: the highest temperature, each of the firmware's brakes."""
        hot = hottest_c(readings)
        self._flags |= flags_seen(readings)
        with self._lock:
            if hot is not None:
                self._facts["hottest_c"] = max(hot, self._facts.get("hottest_c", hot))
            self._facts["flags_seen"] = sorted(self._flags)

    def save_when_due(self, facts: Callable[[], Mapping[str, Any]]) -> None:
        """After a minute, and then every ten."""
        if self._clock() >= self._due_s:
            self._due_s = self._clock() + _SAVE_S
            self.describe(**facts())
            self._save("running")

    def begin(self, **facts: Any) -> None:
        """Say "running", and have Python write where each thread is when a signal ends us."""
        self.describe(**facts)
        self._save("running")
        if self._folder is not None:
            self._catch_crashes(self._folder / last_run.CRASH)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ending, reason = _ending(error, self.reason)
        # In a thread that may be left behind.
        saving = Thread(target=self._save, args=(ending, reason), daemon=True)
        saving.start()
        saving.join(_LAST_SAVE_S)

    def _save(self, ending: str, reason: str = "") -> None:
        with self._writing:
            if self._folder is None:
                return
            own = {"ending": ending, "reason": reason, "saved": timestamp(time_ns())}
            with self._lock:
                facts = self._facts | own
            try:
                state.keep(self._folder / last_run.RECORD, facts)
            except OSError as error:
                _log.warning("%s: %s; no record is kept", self._folder, error.strerror or error)
                self._folder = None


def _ending(error: BaseException | None, reason: str) -> tuple[str, str]:
    if error is None:
        return ("stopped", reason) if reason else ("finished", "the source has ended")
    if isinstance(error, EdgeinferError):
        return "error", str(error)
    if isinstance(error, Exception):
        return "error", f"{type(error).__name__}: {error}"
    return "stopped", "asked to stop"  # Ctrl-C, or SIGTERM before the first frame
