"""Secret: where a file that holds one lies, and the one line that is in it.

systemd gives a service its credentials as files of a folder that only this service can read:
https://systemd.io/CREDENTIALS/ - those that our unit takes from a folder with a word before each
name: LoadCredential= in systemd.exec(5).
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path("/etc/edgeinfer/secrets")
"""Which the unit hands over; the service itself cannot read it there."""

_OF_A_FOLDER = "secrets_"  # as systemd/edgeinfer.service calls it
_MOST_BYTES = 65_535  # of a password (MQTT 3.1.1, 1.5.3)


def place(path: Path) -> Path:
    """The credential of that name, where systemd gives one; else the path as it is.

    Before that the unit's folder: root's `edgeinfer check` by hand sees what the service sees.
    """
    if path.name != str(path):
        return path
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    given = [Path(folder, path), Path(folder, f"{_OF_A_FOLDER}{path}")] if folder else []
    return next(
        (found for found in (*given, FOLDER / path, path) if os.access(found, os.F_OK)), path
    )


def read(key: str, path: Path, problems: list[str], *, holds: str) -> str:
    """The one line of the file; "" after adding to `problems`, which never quote what is in it."""
    where = f"{key}: {path}"
    try:
        with place(path).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        secret = data.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        problems.append(f"{where}: {(error.strerror or str(error)).lower()}")
        return ""
    except UnicodeDecodeError:
        problems.append(f"{where}: is no text in UTF-8")
        return ""
    if wrong := _wrong(secret, len(data), holds):
        problems.append(f"{where}: {wrong}")
        return ""
    return secret


def _wrong(secret: str, size_bytes: int, holds: str) -> str:
    if not secret.strip():
        return f"is empty; write {holds} into it"
    if size_bytes > _MOST_BYTES:
        return f"is too long; it should hold {holds} and nothing else"
    if "\n" in secret:
        return f"has more than one line; it should hold {holds} and nothing else"
    return ""
