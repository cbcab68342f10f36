"""The configuration's file: read, and replaced whole with what was there kept beside it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from edgeinfer import whole
from edgeinfer.sinks.dashboard.exchange import RefusedError

_MOST_BYTES = 65_536  # as `config` reads
_BACKUP = ".bak"


def base_of(text: str) -> str:
    """By which a text is known again."""
    return sha256(text.encode(errors="replace")).hexdigest()[:16]


def read(path: Path) -> str:
    """Raises: RefusedError: it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(path, error) from error


def replace(path: Path, text: str) -> None:
    """The old one, or the new one, whatever happens meanwhile; the old one stays as `….bak`.

    Raises: RefusedError: it cannot be written.
    """
    data = text.encode(errors="replace")
    if len(data) > _MOST_BYTES:
        raise RefusedError(413, f"{path}: over {_MOST_BYTES} bytes")
    real = path.resolve()  # a link stays a link
    try:
        whole.write(real.with_name(real.name + _BACKUP), real.read_bytes(), like=real)
        whole.write(real, data, like=real)
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError | UnicodeDecodeError) -> RefusedError:
    what = (getattr(error, "strerror", None) or str(error)).lower()
    hint = "let the service write there (in its unit: ReadWritePaths=), or copy the text by hand"
    return RefusedError(409, f"{path}: {what}; {hint}")
