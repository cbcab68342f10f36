"""Flash: files onto the card, all of them or none, with what it takes to take them back.

The ledger is written before anything is replaced: it names each file, its sum, and where a copy of
what was there before lies. So a card that was pulled out in the middle can be taken back, too.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from edgeinfer import whole
from edgeinfer.errors import StoreError
from edgeinfer.tools.flash_card import FOLDER, LEDGER, check_room
from edgeinfer.tools.flash_payload import File

OnFile = Callable[[str, int, int], None]
"""Is told the name of a file, how many are written, and of how many."""

_ORIGINALS = f"{FOLDER}/originals"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that is written: its sum, and that of what was there before, if anything was."""

    name: str
    sha256: str
    original_sha256: str | None


def write(boot: Path, files: list[File], on_file: OnFile = lambda *_: None) -> None:
    """The last of them is the one that makes the others count.

    Raises: StoreError: there is no room, or no writing; then the card is as it was before.
    """
    check_room(boot, [file.size_bytes for file in files])
    with _all_or_none(boot):
        entries = [_entry(boot, file) for file in files]
        _keep_originals(boot, entries)
        _put(boot / LEDGER, _document(entries))
        for number, file in enumerate(files, start=1):
            _put(boot / file.name, file.read())
            on_file(file.name, number, len(files))
    os.sync()  # a card may be pulled out as soon as we have said that it is done


@contextmanager
def _all_or_none(boot: Path) -> Iterator[None]:
    try:
        yield
    except BaseException as error:  # also of Ctrl-C
        with suppress(OSError, StoreError):
            _take_back(boot)
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            raise StoreError(_why(boot, error)) from error
        raise


def _why(boot: Path, error: OSError) -> str:
    named = error.filename or boot
    return f"{named}: {(error.strerror or str(error)).lower()}; nothing was left on the card"


def _entry(boot: Path, file: File) -> Entry:
    return Entry(file.name, _sum(file.read()), _sum_of(boot / file.name))


def _keep_originals(boot: Path, entries: list[Entry]) -> None:
    for entry in entries:
        if entry.original_sha256:
            _put(boot / _ORIGINALS / entry.name, (boot / entry.name).read_bytes())


def undo(boot: Path) -> list[str]:
    """Take back what was written; the names of those files.

    Raises: StoreError: nothing was written there, or it has been changed since.
    """
    entries = _load(boot)
    changed = [entry.name for entry in entries if not _is_known(boot, entry)]
    if changed:
        hint = "the Pi has started from it, or it was edited; write the card anew"
        raise StoreError(f"{boot}: {', '.join(changed)} changed since; {hint}")
    try:
        _take_back(boot)
    except OSError as error:
        what = (error.strerror or str(error)).lower()
        raise StoreError(f"{boot}: {what}; run --undo once more") from error
    return [entry.name for entry in entries]


def _is_known(boot: Path, entry: Entry) -> bool:
    """It is as it was written, as it was before, or was not written yet."""
    return _sum_of(boot / entry.name) in (entry.sha256, entry.original_sha256, None)


def _take_back(boot: Path) -> None:
    """The last goes first, as it makes the others count. This can be broken off anywhere."""
    entries = _load(boot) if (boot / LEDGER).exists() else []
    for entry in reversed(entries):
        original = boot / _ORIGINALS / entry.name
        if original.exists():
            _put(boot / entry.name, original.read_bytes())
        elif entry.original_sha256 is None:
            (boot / entry.name).unlink(missing_ok=True)
        _remove_half(boot / entry.name)
    _remove_half(boot / LEDGER)
    _remove(boot / _ORIGINALS)
    _remove_empty(boot / FOLDER)
    (boot / LEDGER).unlink(missing_ok=True)
    os.sync()


def _remove_half(path: Path) -> None:
    """What a power cut left of it."""
    for beside in path.parent.glob(".*"):
        if whole.of_part(beside) == path:
            beside.unlink()


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if folder.is_dir():
        folder.rmdir()


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):
                path.rmdir()
    with suppress(OSError):
        folder.rmdir()


def _load(boot: Path) -> list[Entry]:
    """Raises: StoreError: there is no ledger, or none of ours."""
    try:
        rows = json.loads((boot / LEDGER).read_text(encoding="utf-8"))["files"]
        entries = [Entry(**row) for row in rows]
    except FileNotFoundError as error:
        hint = "nothing was written there, or the Pi has started from it since"
        raise StoreError(f"{boot}: has no {LEDGER}; {hint}") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{boot / LEDGER}: cannot be read; write the card anew") from error
    if any(Path(entry.name).is_absolute() or ".." in Path(entry.name).parts for entry in entries):
        raise StoreError(f"{boot / LEDGER}: names files outside of the card; write the card anew")
    return entries


def _document(entries: list[Entry]) -> bytes:
    rows = [asdict(entry) for entry in entries]
    return (json.dumps({"v": 1, "files": rows}, indent=1) + "\n").encode()


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.write(path, content)


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _sum_of(path: Path) -> str | None:
    return _sum(path.read_bytes()) if path.is_file() else None
