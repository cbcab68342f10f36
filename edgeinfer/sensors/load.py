"""Load: how much the whole machine has to do, from /proc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from time import monotonic_ns

from edgeinfer.core.results import Reading
from edgeinfer.sensors.kernel_files import text

_MOST_LOAD = 1e5  # more processes than a machine can hold wait for it


class LoadSensor:
    """Its "load_1m" is the mean number of those that run or wait.

    "cpu_share" says how much of all cores was busy since the last reading; the first has none.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`root` is where the file system begins."""

        root: Path = Path("/")

    def __init__(self, options: Options) -> None:
        self._proc = options.root / "proc"
        self._ticks: tuple[int, int] | None = None

    def read(self) -> Sequence[Reading]:
        values = {"load_1m": self._load(), "cpu_share": self._share()}
        return [
            Reading(name, v, "1", monotonic_ns()) for name, v in values.items() if v is not None
        ]

    def _load(self) -> float | None:
        try:
            load = float(text(self._proc / "loadavg").split()[0])
        except (ValueError, IndexError):
            return None
        return load if isfinite(load) and 0 <= load <= _MOST_LOAD else None

    def _share(self) -> float | None:
        before, self._ticks = self._ticks, _busy_and_all(text(self._proc / "stat"))
        if before is None or self._ticks is None:
            return None
        busy, total = (now - then for now, then in zip(self._ticks, before, strict=True))
        # The kernel's count of idle time may step back (man 5 proc_stat): then nothing is known.
        return busy / total if 0 <= busy <= total and total > 0 else None


def _busy_and_all(stat: str) -> tuple[int, int] | None:
    """Clock ticks since the start: user, nice, system, idle, iowait, irq, softirq, steal.

    The two that may follow, of guests, are counted in the first two already.
    """
    name, *fields = stat.partition("\n")[0].split()[:9] or [""]
    if name != "cpu" or len(fields) < 4 or not all(field.isdecimal() for field in fields):
        return None
    ticks = [int(field) for field in fields]
    return sum(ticks) - sum(ticks[3:5]), sum(ticks)
