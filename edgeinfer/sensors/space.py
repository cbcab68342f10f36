"""Space: what is left on the file system of the state directory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from edgeinfer import state
from edgeinfer.core.results import Reading


class SpaceSensor:
    """Its "free_bytes" is what a user who is not root may still write."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """`path` lies on the file system. [the state directory]"""

        path: Path | None = None

    def __init__(self, options: Options) -> None:
        self._path = options.path or state.directory()

    def read(self) -> Sequence[Reading]:
        if self._path is None:
            return ()
        try:
            found = os.statvfs(self._path)
        except OSError:
            return ()
        free_bytes = found.f_bavail * found.f_frsize
        return (Reading("free_bytes", free_bytes, "bytes", monotonic_ns()),)
