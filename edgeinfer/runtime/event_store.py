"""EventStore: events in one SQLite file, and all that can be wrong with it.

The file is written ahead (WAL): a commit appends to one file, and what a kill interrupts is undone
at the next opening. What comes in is committed with `synchronous=FULL`, one fsync each: boards lose
their power more often than their processes are killed, and then only what was not committed yet is
lost. What goes out is committed without an fsync: if a power cut undoes it, an event comes twice,
with the same id.

The connection locks the file as long as it is open (`locking_mode=EXCLUSIVE`, fcntl locks that end
with the process), so that two services never share one; and it needs no shared memory beside it,
which a full card could not give.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from edgeinfer.errors import StoreError
from edgeinfer.runtime.wall_clock import Stamp

_VERSION = 1
_ASIDE = ".aside"
_TABLE = """CREATE TABLE events (
    number INTEGER PRIMARY KEY, document BLOB NOT NULL,
    made_ns INTEGER, boot TEXT, offset_ns INTEGER
)"""
# A file of these errors will not become better: malformed, no database, other tables in it.
_WRONG = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


_PLACES = "SELECT number, length(document), made_ns, boot, offset_ns FROM events ORDER BY number"


class _OtherVersionError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Row:
    """A stored event: `document` is its JSON, `number` its place in the order."""

    number: int
    document: bytes
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Place:
    """A stored event without its document."""

    number: int
    size_bytes: int
    stamp: Stamp


class EventStore:
    """One thread opens, uses and closes it, any number of times.

    `set_aside` says what became of a file that could not be used.
    """

    def __init__(self, path: Path) -> None:
        self.set_aside = ""
        self.path = path
        self._damage = ""  # found while it was in use; the file is of no more use
        self._connection: sqlite3.Connection | None = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def open(self) -> list[Place]:
        """Open or make the file; what is stored in it, in order. A useless one is renamed.

        Raises: StoreError: there is no such file to be had now; why.
        """
        self.set_aside = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self._open()
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}") from error
        except sqlite3.Error as error:
            self.close()
            raise self._failure(error) from error

    def read(self, numbers: Sequence[int]) -> list[Row]:
        """Those of these that are stored, in order.

        Raises: StoreError
        """
        marks = ",".join("?" * len(numbers))
        query = f"SELECT * FROM events WHERE number IN ({marks}) ORDER BY number"  # noqa: S608 - marks alone
        with self._open_connection() as connection:
            rows = connection.execute(query, numbers)
            return [Row(n, document, _stamp(*stamp)) for n, document, *stamp in rows]

    def add(self, rows: Sequence[Row]) -> None:
        """Durable when it returns.

        Raises: StoreError
        """
        values = [
            (r.number, r.document, r.stamp.made_ns, r.stamp.boot or None, r.stamp.offset_ns)
            for r in rows
        ]
        with self._transaction("FULL") as connection:
            connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", values)

    def remove(self, through: int) -> None:
        """All up to that number.

        Raises: StoreError
        """
        with self._transaction("NORMAL") as connection:
            connection.execute("DELETE FROM events WHERE number <= ?", (through,))

    def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(sqlite3.Error):  # what cannot be closed in order is undone when opened
                connection.close()

    def _open(self) -> list[Place]:
        why, self._damage = self._damage, ""
        try:
            if not why:
                return self._connect()
        except sqlite3.Error as error:
            if _code(error) not in _WRONG:
                raise
            why = str(error)
        except _OtherVersionError as error:
            why = str(error)
        self.close()
        self._rename(why)
        return self._connect()

    def _connect(self) -> list[Place]:
        # A file that is locked is another's: it is not waited for.
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None)
        self._connection = connection
        # Debian's SQLite would wipe what it deletes: more to write, and nothing here is secret.
        for setting in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "secure_delete=OFF"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN EXCLUSIVE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA user_version={_VERSION}")
        elif version != _VERSION:
            raise _OtherVersionError(f"made by another version of edgeinfer (form {version})")
        connection.execute("COMMIT")
        return [Place(n, size, _stamp(*stamp)) for n, size, *stamp in connection.execute(_PLACES)]

    def _rename(self, why: str) -> None:
        """The last such file stays beside the new one, for a person to look at."""
        aside = self.path.with_name(self.path.name + _ASIDE)
        self.path.rename(aside)
        for tail in ("-wal", "-journal"):  # those of another file would be taken for the new one's
            self.path.with_name(self.path.name + tail).unlink(missing_ok=True)
        self.set_aside = f"{self.path}: {why}; it is set aside as {aside.name}"

    @contextmanager
    def _transaction(self, synchronous: str) -> Iterator[sqlite3.Connection]:
        with self._open_connection() as connection:
            connection.execute(f"PRAGMA synchronous={synchronous}")
            connection.execute("BEGIN")
            try:
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _open_connection(self) -> Iterator[sqlite3.Connection]:
        """Closes it after an error, for it may be no more use; but not when the disk is full."""
        if self._connection is None:
            raise StoreError(f"{self.path}: not open")
        try:
            yield self._connection
        except sqlite3.Error as error:
            if _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                self._damage = str(error)
            if _code(error) != sqlite3.SQLITE_FULL:
                self.close()
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> StoreError:
        if _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return StoreError(f"{self.path}: in use by another program")
        return StoreError(f"{self.path}: {error}")


def _code(error: sqlite3.Error) -> int:
    """The primary result code: the lower byte (sqlite.org/rescode.html)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _stamp(made_ns: int | None, boot: str | None, offset_ns: int) -> Stamp:
    return Stamp(made_ns, boot or "", offset_ns)
