"""Memory: the machine's and this process's, from /proc."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from edgeinfer.core.results import Reading
from edgeinfer.sensors.kernel_files import text

_PAGE_BYTES = os.sysconf("SC_PAGESIZE")
_MOST_BYTES = 1 << 50  # more than any machine has
_FIELD = re.compile(r"^(MemTotal|MemAvailable): *(\d{1,15}) kB", re.MULTILINE | re.ASCII)


class MemorySensor:
    """Its "resident_bytes" are those of this process, the other two the machine's."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """`root` is where the file system begins."""

        root: Path = Path("/")

    def __init__(self, options: Options) -> None:
        self._proc = options.root / "proc"

    def read(self) -> Sequence[Reading]:
        return [
            Reading(name, value, "bytes", monotonic_ns())
            for name, value in (*self._machine(), *self._process())
            if 0 < value <= _MOST_BYTES
        ]

    def _machine(self) -> Iterator[tuple[str, int]]:
        found = dict(_FIELD.findall(text(self._proc / "meminfo")))
        total, available = (int(found.get(name, 0)) * 1024 for name in ("MemTotal", "MemAvailable"))
        if available <= total:
            yield "memory_total_bytes", total
            yield "memory_available_bytes", available

    def _process(self) -> Iterator[tuple[str, int]]:
        """The second field of statm counts the pages that are in memory."""
        fields = text(self._proc / "self/statm").split()
        if len(fields) > 1 and re.fullmatch(r"\d{1,15}", fields[1], re.ASCII):
            yield "resident_bytes", int(fields[1]) * _PAGE_BYTES
