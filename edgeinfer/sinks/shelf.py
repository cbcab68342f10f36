"""Shelf: a folder of pictures within a quota of bytes and of age.

It is looked through once, when it is opened; from then on the count is kept. Only files with names
such as it gives itself are ever counted or deleted.
"""

from __future__ import annotations

import errno
import os
import re
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from zlib import crc32

from edgeinfer import whole

_NAME = re.compile(r"\d{8}T\d{6}\.\d{3}Z_[A-Za-z0-9-]*_[A-Za-z0-9-]*_[0-9a-f]{8}\.jpg")
_TIME = "%Y%m%dT%H%M%S.%f"
_LONGEST_WORD = 60  # of 255 bytes that a name may have, three times


def name_of(wall_ns: int, rule: str, kind: str, event_id: str) -> str:
    """`20261125T120000.123Z_train_ended_1f0c8d5e.jpg`: sorted by name is sorted by time.

    Whoever gives the same event again gets the same name.
    """
    return f"{stamp(wall_ns)}_{_word(rule)}_{_word(kind)}_{crc32(event_id.encode()):08x}.jpg"


def stamp(wall_ns: int) -> str:
    """`20261125T120000.123Z`: a time as file names have it."""
    moment = datetime.fromtimestamp(wall_ns // 1_000_000 / 1000, UTC)
    return f"{moment.strftime(_TIME)[:-3]}Z"


class Shelf:
    """Puts files into a folder, and takes the oldest away to stay within the quota."""

    def __init__(self, folder: Path, most_bytes: int, oldest_s: float) -> None:
        self.folder = folder
        self.bytes = 0
        self._most_bytes = most_bytes
        self._oldest_s = oldest_s
        self._files: deque[tuple[str, int]] = deque()  # name and bytes, the oldest first

    def open(self) -> None:
        """Make the folder, if its parent is there, and count what lies in it.

        Raises: OSError: it cannot be written.
        """
        if not self.folder.is_dir():
            self.folder.mkdir()
        check_writable(self.folder)
        with os.scandir(self.folder) as entries:
            files = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
        for file in files:
            if _is_left_over(Path(file)):  # of a power cut
                Path(file).unlink(missing_ok=True)
        own = sorted((f.name, f.stat().st_size) for f in files if _is_own(f.name))
        self._files = deque(own)
        self.bytes = sum(size for _, size in own)

    def put(self, name: str, data: bytes) -> bool:
        """Write a file whole or not at all; False: it is larger than the whole quota.

        Raises: OSError: it cannot be written.
        """
        if len(data) > self._most_bytes:
            return False
        self._forget(name)
        while self.bytes + len(data) > self._most_bytes:
            self._drop_oldest()
        whole.write(self.folder / name, data)
        self._files.append((name, len(data)))
        self.bytes += len(data)
        return True

    def check_room(self, size: int) -> None:
        """Reserve so many bytes and give them back: nothing is written, which spares the card.

        Raises: OSError: a file of that size has no room.
        """
        with TemporaryFile(dir=self.folder) as file:
            os.posix_fallocate(file.fileno(), 0, size)

    def drop_older(self, now_s: float) -> None:
        """Delete what is too old; by the name, so that a copy keeps its age.

        Raises: OSError: a file cannot be deleted.
        """
        while self._files and now_s - _second(self._files[0][0]) > self._oldest_s:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        name, size = self._files[0]
        (self.folder / name).unlink(missing_ok=True)
        self._files.popleft()
        self.bytes -= size

    def _forget(self, name: str) -> None:
        """A file that is about to be replaced no longer counts."""
        same = [file for file in self._files if file[0] == name]
        for file in same:
            self._files.remove(file)
            self.bytes -= file[1]


def check_writable(folder: Path) -> None:
    """Raises: OSError: there is no such folder, or no file can be made in it."""
    flags = os.statvfs(folder).f_flag
    if flags & os.ST_RDONLY or not os.access(folder, os.W_OK | os.X_OK):
        why = errno.EROFS if flags & os.ST_RDONLY else errno.EACCES
        raise PermissionError(why, os.strerror(why))


def _is_left_over(path: Path) -> bool:
    becoming = whole.of_part(path)
    return becoming is not None and _is_own(becoming.name)


def _is_own(name: str) -> bool:
    try:
        return _NAME.fullmatch(name) is not None and _second(name) > 0
    except ValueError:  # the digits are no time
        return False


def _second(name: str) -> float:
    """Unix time of a file by its name."""
    return datetime.strptime(name.partition("Z")[0], _TIME).replace(tzinfo=UTC).timestamp()


def _word(text: str) -> str:
    """Letters that every file system, shell and web server takes."""
    return re.sub(r"[^A-Za-z0-9-]", "-", text)[:_LONGEST_WORD]
