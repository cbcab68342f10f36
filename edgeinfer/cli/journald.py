"""Journald: log records as entries of the journal, with their fields, where standard error is it.

The protocol: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from pathlib import Path

_STDERR = 2
SOCKET = Path("/run/systemd/journal/socket")

# syslog's: 2 critical, 3 error, 4 warning, 6 informational, 7 debug
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def set_up(level: int) -> JournalHandler | None:
    """Send what is logged to the journal, or as plain lines to standard error, which is None."""
    if is_journal(_STDERR, os.environ.get("JOURNAL_STREAM", "")):
        handler = JournalHandler(SOCKET)
        logging.basicConfig(level=level, handlers=[handler], format="%(message)s")
        return handler
    logging.basicConfig(level=level, format="edgeinfer: %(message)s", stream=sys.stderr)
    return None


def is_journal(descriptor: int, stream: str) -> bool:
    """Whether it is the stream that systemd named in `JOURNAL_STREAM`, as device:inode."""
    try:
        found = os.fstat(descriptor)
    except OSError:  # it is closed
        return False
    return stream == f"{found.st_dev}:{found.st_ino}"


class JournalHandler(logging.StreamHandler):  # type: ignore[type-arg] # it is generic in the stubs alone
    """Each record is a datagram; what the socket does not take goes to standard error."""

    def __init__(self, address: Path, device: str | None = None) -> None:
        super().__init__(sys.stderr)
        self.device = device
        self._address = str(address)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # a journal that hangs must not hang the service

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._socket.sendto(self._entry(record), self._address)
        except OSError:  # no journal, a full one, or a message that is too long for a datagram
            super().emit(record)

    def close(self) -> None:
        self._socket.close()
        super().close()

    def _entry(self, record: logging.LogRecord) -> bytes:
        fields = {
            "MESSAGE": self.format(record),
            "PRIORITY": str(_priority(record.levelno)),
            "SYSLOG_IDENTIFIER": "edgeinfer",
            "CODE_FILE": record.pathname,
            "CODE_LINE": str(record.lineno),
            "CODE_FUNC": record.funcName or "",
            "LOGGER": record.name,
            "THREAD": record.threadName or "",
            "DEVICE": self.device or "",
        }
        return b"".join(_field(name, value) for name, value in fields.items() if value)


def _priority(level: int) -> int:
    return next((priority for least, priority in _PRIORITIES if level >= least), 7)


def _field(name: str, value: str) -> bytes:
    """One with line ends has its length before it: 64 bits, the least byte first."""
    data = value.encode(errors="replace")
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    return b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)
