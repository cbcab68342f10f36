"""Place: whether a file can be written where a person wants it, asked before the work for it."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from edgeinfer.errors import ConfigError


def check(path: Path) -> None:
    """Really writes a file beside it, which is gone again: permissions alone do not tell.

    Raises: ConfigError: no such folder, or nothing can be written there.
    """
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: its folder is not there; make it, or take another")
    if path.exists() and not path.is_file():
        raise ConfigError(f"{path}: is there, and no file; choose another place")
    if path.exists() and not os.access(path, os.W_OK):
        raise ConfigError(f"{path}: must not be written; choose another place")
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; choose another place") from error
