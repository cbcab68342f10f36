"""Whole: a file is replaced whole or not at all, whatever ends the process or the power."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from shutil import copystat

_PART = re.compile(r"\.(.+)\.\d+\.part")


def write(
    path: Path, data: bytes, *, mode: int = 0o666, like: Path | None = None, sync: bool = True
) -> None:
    """By another name first, and on the disk before it has its own: a power cut leaves no half.

    `mode` is a new file's, less what the umask takes; with `like` it gets that file's. Without
    `sync` it does not wait for the disk: then a power cut may take the file on some file systems.
    Raises: OSError: it cannot be written; then nothing of it is left.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")  # two processes may write one file
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        if like:
            copystat(like, part)
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def of_part(path: Path) -> Path | None:
    """What it was to become, if it is what a killed process left of `write`."""
    found = _PART.fullmatch(path.name)
    return path.with_name(found[1]) if found else None
