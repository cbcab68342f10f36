"""Kernel files: one value in a small file, as sysfs and procfs show them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Generic, TypeVar

from edgeinfer.sensors.readings import COLDEST_C, HOTTEST_C

T = TypeVar("T")

_KEPT_S = 60.0
"""What devices there are is looked up so often: a driver that starts late is found in the end."""
_LONGEST_BYTES = 4096  # a page: sysfs gives no more, and what is asked of procfs stands before it


class Kept(Generic[T]):
    """What `find` found, kept for a minute: listing folders costs more than reading values."""

    def __init__(self, find: Callable[[], T], clock_s: Callable[[], float] = monotonic) -> None:
        self._find = find
        self._clock_s = clock_s
        self._found_s = clock_s()
        self._found = find()

    def get(self) -> T:
        now_s = self._clock_s()
        if now_s - self._found_s >= _KEPT_S:
            self._found_s, self._found = now_s, self._find()
        return self._found


def text(path: Path) -> str:
    """What the file says, without the space around it; "" where nothing can be read."""
    try:
        # Less than half the time of Path.read_text: a dozen files are read twice a second.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(descriptor, _LONGEST_BYTES).decode(errors="replace").strip("\0 \t\n")
        finally:
            os.close(descriptor)
    except OSError:
        return ""


def number(path: Path, least: int, most: int) -> int | None:
    """The whole number of a file; None where there is none, or what cannot be."""
    try:
        value = int(text(path))
    except ValueError:
        return None
    return value if least <= value <= most else None


def temperature_c(path: Path) -> float | None:
    """The kernel gives thousandths of a degree; None for what no board lives through."""
    value = number(path, int(COLDEST_C * 1000), int(HOTTEST_C * 1000))
    return None if value is None else value / 1000


def numbered(root: Path, pattern: str) -> tuple[Path, ...]:
    """The paths of a pattern, ordered by the number that their names end with: 2 before 10."""
    return tuple(sorted(root.glob(pattern), key=lambda path: (ending(path.name), path.name)))


def ending(name: str) -> int:
    """The number at the end of a name, as 10 in "thermal_zone10"; -1 where there is none."""
    digits = name[len(name.rstrip("0123456789")) :]
    return int(digits) if digits else -1
