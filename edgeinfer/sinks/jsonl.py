"""JsonlSink: one line of JSON per message, to a file or to standard output.

It writes to the file descriptor itself: without Python's buffer (and its lock) a reader that stalls
can never hang the end of the interpreter, and every line is out as soon as it is sent.
"""

from __future__ import annotations

import errno
import os
import select
import stat
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from edgeinfer.core.results import Message
from edgeinfer.errors import SinkBusy, SinkClosed, SinkError
from edgeinfer.wire import to_json

STDOUT = 1
PATIENCE_S = 1.0
"""How long a pipe or terminal that takes nothing is waited for."""

_HINTS = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or raise the quota",
    errno.EFBIG: "start a new file, or raise the limit of the file's size",
    errno.ENOENT: "make its folder first",
    errno.ENXIO: "start the reader of this pipe first",
    errno.EACCES: "let this user write there",
    errno.EROFS: "name a file on a disk that can be written",
    errno.EISDIR: "name a file in it",
}


class JsonlSink:
    """Appends to a file, or writes to standard output; a line is there whole or not at all."""

    argument: ClassVar[str] = "path"

    @dataclass(frozen=True, slots=True)
    class Options:
        """`path` is a file, which is appended to; "-" is standard output."""

        path: str

    def __init__(self, options: Options, device: str) -> None:
        self._path = options.path
        self._fd = -1
        self._regular = False
        self._first = b""  # a line end, due before the first line
        self._rest = b""  # what a pipe has not taken yet of the line of `_half`
        self._half: Message | None = None

    @property
    def name(self) -> str:
        return f"jsonl:{self._path}"

    def __enter__(self) -> Self:
        try:
            self._fd = STDOUT if self._path == "-" else _open(self._path)
            self._regular = stat.S_ISREG(os.fstat(self._fd).st_mode)
            self._first = b"\n" if self._path != "-" and _ends_in_half_a_line(self._path) else b""
        except OSError as error:
            self._close()
            raise self._failed(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def send(self, message: Message) -> None:
        """Write its line.

        Raises:
            SinkClosed: the reader of standard output has gone.
            SinkBusy: the reader takes nothing just now.
            SinkError: no space left, or another failure of the disk.

        """
        try:
            if self._half is not None and self._finish() is message:
                return
            line = self._line(message)
            if line:
                self._write(message, self._first + line.encode() + b"\n")
        except OSError as error:
            raise self._failed(error) from error
        self._first = b""

    def _line(self, message: Message) -> str:
        """What is written of it; "" is nothing."""
        return to_json(message)

    def probe(self) -> None:
        """Try whether it can be written, for `edgeinfer check`; no file is made.

        Raises: SinkError: why not.
        """
        try:
            if self._path != "-":
                _try(Path(self._path))
        except OSError as error:
            raise self._failed(error) from error

    def _finish(self) -> Message | None:
        """Give the pipe the rest of the line that it took the start of; whose line it was."""
        half = self._half
        if half is not None:
            self._write(half, self._rest)
        return half

    def _write(self, message: Message, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += self._write_some(data[written:])
        finally:
            self._settle(message, data, written)

    def _write_some(self, data: bytes) -> int:
        if self._regular:
            return os.write(self._fd, data)
        if not _takes(self._fd):
            raise TimeoutError(errno.ETIMEDOUT, "the reader takes nothing")
        # A pipe that is ready takes this much without blocking (POSIX).
        return os.write(self._fd, data[: select.PIPE_BUF])

    def _settle(self, message: Message, data: bytes, written: int) -> None:
        """Leave nothing half written in a file; remember what a pipe still has to be given."""
        complete = written == len(data)
        if self._regular and written and not complete:
            _cut(self._fd, written)
        started = self._half is message or (written > 0 and not self._regular)
        self._half = message if started and not complete else None
        self._rest = data[written:] if self._half is not None else b""

    def _failed(self, error: OSError) -> SinkError:
        if error.errno == errno.EPIPE and self._path == "-":
            return SinkClosed(f"{self.name}: the reader has gone")
        what = (error.strerror or str(error)).lower()
        if error.errno == errno.ETIMEDOUT:
            return SinkBusy(f"{self.name}: {what}")
        hint = _HINTS.get(error.errno or 0)
        return SinkError(f"{self.name}: {what}; {hint}" if hint else f"{self.name}: {what}")

    def _close(self) -> None:
        if self._fd >= 0 and self._path != "-":
            os.close(self._fd)
        self._fd = -1


def _open(path: str) -> int:
    # O_NONBLOCK: opening a named pipe that nobody reads fails at once instead of hanging.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    return os.open(path, flags, 0o666)


def _try(path: Path) -> None:
    """Raises: OSError: the file cannot be opened, or a new one not be made."""
    if path.exists():
        os.close(_open(str(path)))
    elif not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _ends_in_half_a_line(path: str) -> bool:
    """Whether a power cut, or another program, left a last line without its end."""
    if not Path(path).is_file() or Path(path).stat().st_size == 0:
        return False
    with Path(path).open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _takes(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(PATIENCE_S * 1000))


def _cut(fd: int, written: int) -> None:
    """Take the last `written` bytes back, unless somebody else has appended since."""
    end = os.lseek(fd, 0, os.SEEK_CUR)
    if os.fstat(fd).st_size == end:
        os.ftruncate(fd, end - written)
        os.lseek(fd, end - written, os.SEEK_SET)
