"""Incident: what `edgeinfer check` says of the last run, from the record that it left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgeinfer import last_run
from edgeinfer.last_run import CRASH, LastRun
from edgeinfer.tools.line import Line, ok, warn
from edgeinfer.tools.machine import Machine

# The unit's StateDirectory: who asks is seldom the user that the service runs as.
_UNITS = "var/lib/edgeinfer"

_NAME = "last run"
_ADVICE = {
    "error": "journalctl -u edgeinfer shows what came before; edgeinfer run -v says more",
    "killed": "journalctl -u edgeinfer, or -k, may show by what; was the memory full?",
    "power": "use the board's own power supply, and a short, thick cable",
}
_CRASHED_IN_ENGINE = "take a delegate that was built for this runtime, or run without it"


def incident(here: Machine) -> Iterator[Line]:
    """Of the newest record; no line where nothing ever ran."""
    found = max(_runs(here), key=lambda run: str(run[1].record.get("saved")), default=None)
    if found is None:
        return
    folder, run = found
    if run.ending == "running":
        yield _running(folder, run)
    elif run.in_good_order:
        yield ok(_NAME, f"ended in good order at {run.record.get('saved')}: {run.reason}")
    else:
        what = f"ended after {run.record.get('saved')}: {run.reason}{_circumstances(run.record)}"
        yield warn(_NAME, what, _advice(folder, run))


def _runs(here: Machine) -> Iterator[tuple[Path, LastRun]]:
    for folder in dict.fromkeys((here.state, here.root / _UNITS)):
        run = folder and last_run.read(folder, here.root / "proc")
        if folder and run:
            yield folder, run


def _running(folder: Path, run: LastRun) -> Line:
    since, before = f"going on since {run.record.get('started')}", run.before
    if before is None or before.in_good_order:
        return ok(_NAME, since)
    what = f"{since}; the one before it ended: {before.reason}{_circumstances(before.record)}"
    return warn(_NAME, what, _advice(folder, before))


def _circumstances(record: Mapping[str, Any]) -> str:
    hottest_c, flags = record.get("hottest_c"), record.get("flags_seen")
    hot = f"; it was up to {hottest_c:.0f} °C" if isinstance(hottest_c, int | float) else ""
    slowed = f"; the firmware said: {', '.join(map(str, flags))}" if flags else ""
    return hot + slowed


def _advice(folder: Path, run: LastRun) -> str:
    if run.ending == "crashed":
        shows = f"{folder / CRASH} shows where"
        return _CRASHED_IN_ENGINE if run.in_engine else shows
    return _ADVICE.get(run.ending, _ADVICE["error"])
