"""Events: all that happened, in one SQLite file, newest first, within bounds.

One thread writes, another reads, each by a connection of its own (WAL lets both).
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeinfer.core.results import Event
from edgeinfer.sinks.words import say
from edgeinfer.wire import to_dict

MOST = 100_000
"""Of some 600 bytes each; beyond it the oldest go."""

_VERSION = 1
_TABLE = """
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, rule TEXT NOT NULL,
    kind TEXT NOT NULL, label TEXT NOT NULL, wall_s INTEGER NOT NULL, words TEXT NOT NULL,
    document TEXT NOT NULL, picture TEXT
);
CREATE INDEX by_rule ON events (rule, number);
CREATE INDEX by_time ON events (wall_s, rule);
"""
_COLUMNS = "number, id, label, words, document, picture"
_PIECE = 500  # rows of an export that are read at once
_MOST_UNKEPT = 1000  # while the disk takes none: some 2 kB each
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """`picture` is the name of its file; None: it came without pixels. `number` 0: not kept yet."""

    number: int
    id: str
    label: str
    words: str
    document: dict[str, Any]
    picture: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them; empty: any."""

    rule: str = ""
    label: str = ""
    kind: str = ""
    before: int | None = None
    after: int | None = None

    def clause(self) -> tuple[str, list[object]]:
        asked = [
            ("rule = ?", self.rule),
            ("label = ?", self.label),
            ("kind = ?", self.kind),
            ("number < ?", self.before),
            ("number > ?", self.after),
        ]
        given = [(words, value) for words, value in asked if value not in ("", None)]
        words = " AND ".join(words for words, _ in given)
        return (f"WHERE {words}" if words else ""), [value for _, value in given]


@dataclass(frozen=True, slots=True)
class Count:
    """How many there were from `begin_s` on; `label` "": they name none."""

    begin_s: int
    rule: str
    label: str
    count: int


class Events:
    """`path` None: in memory, for as long as the process lives.

    Many events name no label, for their rule counts all that it watches: then theirs is in
    `labels`, by the rule's name, where it watches a single one.
    """

    def __init__(self, path: Path | None, labels: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._labels = labels or {}
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._unkept: deque[Sequence[object]] = deque(maxlen=_MOST_UNKEPT)

    def open(self) -> None:
        """By the thread that writes. A file that is of no use is set aside, and said."""
        try:
            self._open()
        except (sqlite3.DatabaseError, OSError) as error:
            what = getattr(error, "strerror", None) or error
            _log.warning("%s: %s; events are kept in memory alone", self._path, what)
            self._path = None
            self._open()

    def add(self, event: Event, picture: str | None) -> Row | None:
        """None: it is there already. What cannot be written waits in memory, which is said once."""
        document = to_dict(event)
        words = say(event)
        named = event.facts.get("label")
        label = named if isinstance(named, str) else self._labels.get(event.rule, "")
        text = json.dumps(document, ensure_ascii=False).encode(errors="replace").decode()
        wall_s = event.result.frame.wall_ns // 10**9
        values = (event.id, event.rule, event.kind, label, wall_s, words, text, picture)
        number = self._keep(values)
        return None if number is None else Row(number, event.id, label, words, document, picture)

    def find(self, wanted: Wanted, limit: int) -> list[Row]:
        """The newest first; with `after` those that came next."""
        where, values = wanted.clause()
        order = "ASC" if wanted.after is not None else "DESC"
        query = f"SELECT {_COLUMNS} FROM events {where} ORDER BY number {order} LIMIT ?"  # noqa: S608 - words of ours alone
        return [_row(found) for found in self._read(query, [*values, limit])]

    def one(self, event_id: str) -> Row | None:
        query = f"SELECT {_COLUMNS} FROM events WHERE id = ?"  # noqa: S608 - words of ours alone
        return next((_row(found) for found in self._read(query, [event_id])), None)

    def pieces(self, wanted: Wanted) -> Iterator[list[Row]]:
        """All of them, a few hundred at a time."""
        before = wanted.before
        while rows := self.find(Wanted(wanted.rule, wanted.label, wanted.kind, before), _PIECE):
            yield rows
            before = rows[-1].number

    def counts(self, seconds: int, since_s: int, wanted: Wanted, offset_s: int) -> list[Count]:
        """Of each span of so long, in the time that is `offset_s` ahead."""
        where, values = wanted.clause()
        words = where.replace("WHERE", "AND")
        begin = "(wall_s + ?) / ? * ? - ?"
        query = (
            f"SELECT {begin} AS begin, rule, label, count(*) FROM events WHERE wall_s >= ? {words} "  # noqa: S608 - words of ours alone
            "GROUP BY begin, rule, label ORDER BY begin, rule, label"
        )
        spans = [offset_s, seconds, seconds, offset_s, since_s]
        return [Count(*found) for found in self._read(query, [*spans, *values])]

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._keep_the_rest()
        for connection in (self._writer, self._reader):
            if connection is not None:
                with suppress(sqlite3.Error):
                    connection.close()
        self._writer = self._reader = None

    def _open(self) -> None:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            if self._path is None or not self._path.exists():
                raise
            aside = self._path.with_name(f"{self._path.name}.aside")
            _log.warning("%s: %s; it is set aside as %s", self._path, error, aside.name)
            self.close()
            self._path.rename(aside)
            self._connect()

    def _connect(self) -> None:
        self._writer = self._connection()
        for setting in ("journal_mode=WAL", "synchronous=FULL"):
            self._writer.execute(f"PRAGMA {setting}")
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(f"of another version ({version})")
        if version == 0:
            self._writer.executescript(f"{_TABLE} PRAGMA user_version={_VERSION};")
        # In memory there is one database only, for both.
        self._reader = self._connection() if self._path else self._writer

    def _connection(self) -> sqlite3.Connection:
        place = self._path or ":memory:"
        return sqlite3.connect(place, timeout=5, isolation_level=None, check_same_thread=False)

    def _keep(self, values: Sequence[object]) -> int | None:
        """Its number; 0: later, perhaps; None: it was there already."""
        try:
            self._keep_the_rest()
            return self._insert(values) or None
        except sqlite3.Error as error:
            if not self._unkept:
                _log.warning(
                    "%s: %s; events wait in memory until they can be kept", self._path, error
                )
            self._unkept.append(values)
            return 0

    def _keep_the_rest(self) -> None:
        """Raises: sqlite3.Error: it still cannot be done."""
        while self._unkept:
            self._insert(self._unkept[0])
            self._unkept.popleft()
            if not self._unkept:
                _log.warning("%s: events are kept again", self._path)

    def _insert(self, values: Sequence[object]) -> int:
        if self._writer is None:
            return 0
        marks = ",".join("?" * len(values))
        cursor = self._writer.execute(
            f"INSERT OR IGNORE INTO events VALUES (NULL, {marks})",  # noqa: S608 - marks alone
            values,
        )
        number = int(cursor.lastrowid or 0) if cursor.rowcount > 0 else 0
        if number > MOST and number % 100 == 0:
            self._writer.execute("DELETE FROM events WHERE number <= ?", (number - MOST,))
        return number

    def _read(self, query: str, values: Sequence[object]) -> list[Any]:
        if self._reader is None:
            return []
        return self._reader.execute(query, values).fetchall()


def _row(found: Sequence[Any]) -> Row:
    number, event_id, label, words, document, picture = found
    return Row(number, event_id, label, words, json.loads(document), picture)
