"""Passed: which models have run here, so that the next start need not try them again.

One small file for each, named by what was tried. It lists the libraries that took part, each with
its size and time: a new interpreter, delegate or driver is a new trial. Only what is good is kept.
A trial that failed costs a start that fails anyway, and a device may be plugged in before the next.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from edgeinfer import state
from edgeinfer.engines.trial import Task
from edgeinfer.errors import ModelError

_MOST = 500  # files of some kilobytes: more models than anybody tries on one board
_MOST_MODEL_BYTES = 1 << 31  # the offsets of a FlatBuffers file reach no farther

_log = logging.getLogger(__name__)


def key(task: Task, sha256: str | None = None) -> str:
    """What was tried, by content and not by name. `sha256`: the model's, where it is known.

    Raises: ModelError: the file cannot be read.
    """
    model = sha256 or _sha256_of(Path(task.path))
    # Another kernel has other drivers, and perhaps another page size; another venv other libraries.
    here = [os.uname().release, sys.prefix, os.environ.get("LD_LIBRARY_PATH", "")]
    what = [model, task.engine, task.delegate, dict(task.delegate_options), dict(task.more), here]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def known(name: str) -> bool:
    """Whether it has passed here, with the libraries as they are now."""
    folder = _folder()
    if folder is None:
        return False
    try:
        kept = json.loads((folder / name).read_text(encoding="utf-8"))
        return bool(kept == _identities(path for path, *_ in kept))
    except (OSError, ValueError, TypeError):  # none yet, one gone, or a file cut short
        return False


def remember(name: str, libraries: Iterable[str]) -> None:
    folder = _folder()
    if folder is None:
        _log.debug("no state directory: the model will be tried again at the next start")
        return
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / name).write_text(json.dumps(_identities(libraries)), encoding="utf-8")
        _forget_the_oldest(folder)
    except OSError as error:
        _log.debug("%s: %s; the model will be tried again", folder, error.strerror or error)


def _folder() -> Path | None:
    directory = state.directory()
    return directory and directory / "passed"


def _identities(paths: Iterable[str]) -> list[list[str | int]]:
    """Raises: OSError: one is not there any more."""
    stats = ((path, Path(path).stat()) for path in paths)
    return [[path, found.st_size, found.st_mtime_ns] for path, found in stats]


def _forget_the_oldest(folder: Path) -> None:
    files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for path in files[:-_MOST]:
        path.unlink(missing_ok=True)


def _sha256_of(path: Path) -> str:
    try:
        found = path.stat()
        if found.st_size > _MOST_MODEL_BYTES:
            raise ModelError(f"{path}: larger than a TFLite model can be")
        return _sha256(path, found.st_ino, found.st_size, found.st_mtime_ns)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error


@cache
def _sha256(path: Path, *_identity: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
