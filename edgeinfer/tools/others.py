"""Others: how much of the processor other programs took while something was measured."""

from __future__ import annotations

import os
import time
from collections.abc import Collection

from edgeinfer.tools.machine import Machine

# user, nice, system, irq, softirq and steal: not idle and iowait, and not guest, which is in user
# (https://man7.org/linux/man-pages/man5/proc_stat.5.html)
_BUSY = (1, 2, 3, 6, 7, 8)


class Others:
    """Counts from its construction on, on the cores that this process may use."""

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = machine or Machine()
        self._cores = os.sched_getaffinity(0)
        self._began_s = time.monotonic()
        self._before_s = self._foreign_s()

    def share(self) -> float | None:
        """From 0 to 1 of all these cores; None: the kernel does not say. Children count as own."""
        now_s = self._foreign_s()
        elapsed_s = time.monotonic() - self._began_s
        if now_s is None or self._before_s is None or elapsed_s <= 0:
            return None
        # The kernel counts in hundredths of a second, so a short while may come out below 0.
        return min(max(0.0, (now_s - self._before_s) / (elapsed_s * len(self._cores))), 1.0)

    def _foreign_s(self) -> float | None:
        busy = busy_s(self._machine.text("proc/stat"), self._cores, os.sysconf("SC_CLK_TCK"))
        own = os.times()
        return busy and busy - (own.user + own.system + own.children_user + own.children_system)


def busy_s(stat: str, cores: Collection[int], ticks: int) -> float | None:
    """Seconds that the cores have worked since boot, by /proc/stat; None: it does not name them."""
    wanted = {f"cpu{core}" for core in cores}
    rows = [row for line in stat.splitlines() if (row := line.split()) and row[0] in wanted]
    if len(rows) < len(wanted):
        return None
    return sum(int(row[column]) for row in rows for column in _BUSY) / ticks
