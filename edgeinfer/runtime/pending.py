"""Pending: the events that wait for one sink, in order, and where each of them is.

An event is in memory until it is on the disk, and stays there while there is room; those of a long
outage are on the disk alone and are read again, a page at a time, when their turn comes. So the
order, the bounds and the counts are here, and the disk only follows.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from edgeinfer import wire
from edgeinfer.core.results import Event
from edgeinfer.runtime.event_store import Place, Row
from edgeinfer.runtime.wall_clock import Stamp, WallClock

_BATCH = 1000  # in one commit: half a megabyte, that a slow card writes in some 50 ms
_PAGE = 256
_MOST_UNSTORED = 10_000
"""In memory while the disk takes none: some 2 kB each with the result that caused it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is over them goes, the oldest first."""

    most_events: int
    most_bytes: int
    oldest_s: float


@dataclass(slots=True, eq=False)
class Entry:
    """`turn` orders it among other messages; `number` is its place on the disk, 0: it has none.

    Without `event` it is on the disk alone.
    """

    turn: int
    size_bytes: int
    stamp: Stamp
    event: Event | None = None
    number: int = 0
    gone: bool = False


class Pending:
    """Whoever calls holds the outbox's lock; `in_memory` is how many keep their event there."""

    def __init__(self, limits: Limits, in_memory: int, clock: WallClock) -> None:
        self.gone_through = 0  # all numbers up to it may be deleted
        self._limits = limits
        self._in_memory = in_memory
        self._clock = clock
        self._entries: deque[Entry] = deque()
        self._unstored: deque[Entry] = deque()  # always the last ones of the entries
        self._bytes = 0
        self._next_number = 1

    def __len__(self) -> int:
        return len(self._entries) - sum(entry.gone for entry in self._entries)

    @property
    def waiting(self) -> int:
        """As `len`, but for those in the midst that are gone: counting them takes a while."""
        return len(self._entries)

    @property
    def is_full(self) -> bool:
        return (
            len(self._entries) >= self._limits.most_events
            or len(self._unstored) >= _MOST_UNSTORED
            or self._bytes >= self._limits.most_bytes
        )

    @property
    def unstored(self) -> int:
        return len(self._unstored)

    def add(self, event: Event, stamp: Stamp, turn: int) -> int:
        """Returns how many were dropped for it."""
        entry = Entry(turn, len(_document(event)), stamp, event)
        self._entries.append(entry)
        self._unstored.append(entry)
        self._bytes += entry.size_bytes
        return self.shorten()

    def shorten(self) -> int:
        """Drop what is over a limit; how many."""
        dropped = 0
        while (head := self.head()) is not None and self._is_over(head):
            self._take(head)
            dropped += 1
        if len(self._unstored) > _MOST_UNSTORED:
            self._lose(self._unstored.popleft())
            dropped += 1
        return dropped

    def head(self) -> Entry | None:
        while self._entries and self._entries[0].gone:
            self._entries.popleft()
        return self._entries[0] if self._entries else None

    def take(self, event_id: str) -> bool:
        """The event was delivered; False: it was dropped meanwhile."""
        head = self.head()
        if head is None:
            return False
        if head.event is not None and head.event.id == event_id:
            self._take(head)
            return True
        return self._take_later(event_id)

    # To the disk.

    def batch(self) -> list[Row]:
        """The next events to store. A number is given once: a failed commit costs it."""
        entries = list(islice(self._unstored, _BATCH))
        for entry in entries:
            entry.number = self._next_number
            self._next_number += 1
        return [Row(e.number, _document(e.event), e.stamp) for e in entries if e.event is not None]

    def stored(self, through: int) -> None:
        """Those up to that number are on the disk: it need not be in memory as well."""
        while self._unstored and 0 < self._unstored[0].number <= through:
            entry = self._unstored.popleft()
            if len(self._entries) > self._in_memory:
                entry.event = None

    # From the disk.

    def recover(self, places: Sequence[Place]) -> int:
        """What an earlier process left comes first. Returns how many were dropped."""
        entries = [Entry(0, place.size_bytes, place.stamp, number=place.number) for place in places]
        self._entries.extendleft(reversed(entries))
        self._bytes += sum(entry.size_bytes for entry in entries)
        self._skip_numbers(places)
        return self.shorten()

    def reconcile(self, places: Sequence[Place]) -> int:
        """The file was opened again and holds these: what it lost is stored again, if it can be.

        Returns how many were lost.
        """
        self._skip_numbers(places)
        there = {place.number for place in places}
        lost = [entry for entry in self._entries if entry.number not in there]
        for entry in lost:
            entry.number = 0
        last_ones = takewhile(lambda entry: entry.number == 0, reversed(self._entries))
        self._unstored = deque(entry for entry in last_ones if entry.event is not None)
        self._unstored.reverse()
        return self._lose_absent(lost)

    def lose_absent(self) -> int:
        """The disk is gone: what is there alone is lost; how many."""
        return self._lose_absent(self._entries)

    def missing(self) -> list[int]:
        """The numbers of the first page, where the head's event is on the disk alone."""
        head = self.head()
        if head is None or head.event is not None:
            return []
        page = islice(self._entries, _PAGE)
        return [entry.number for entry in page if entry.event is None and not entry.gone]

    def fill(self, numbers: Iterable[int], rows: Sequence[Row]) -> int:
        """These rows were read for `missing`. Returns how many were not there, or no event."""
        asked = set(numbers)
        events = {row.number: event for row in rows if (event := _event(row)) is not None}
        page = [e for e in islice(self._entries, _PAGE) if e.number in asked and not e.gone]
        for entry in page:
            entry.event = events.get(entry.number)
            if entry.event is None:
                self._lose(entry)
        return sum(entry.gone for entry in page)

    def _take_later(self, event_id: str) -> bool:
        """Others came before it while it was on its way: the file could be opened at last."""
        for entry in self._entries:
            if entry.event is not None and entry.event.id == event_id:
                if entry in self._unstored:
                    self._unstored.remove(entry)
                self._lose(entry)
                return True
        return False

    def _is_over(self, head: Entry) -> bool:
        return (
            len(self._entries) > self._limits.most_events
            or self._bytes > self._limits.most_bytes
            or self._clock.age_s(head.stamp) > self._limits.oldest_s
        )

    def _take(self, head: Entry) -> None:
        self._entries.popleft()
        if self._unstored and self._unstored[0] is head:
            self._unstored.popleft()
        self.gone_through = max(self.gone_through, head.number)
        self._lose(head)

    def _lose(self, entry: Entry) -> None:
        entry.gone = True
        entry.event = None
        self._bytes -= entry.size_bytes

    def _lose_absent(self, entries: Iterable[Entry]) -> int:
        lost = [entry for entry in entries if entry.event is None and not entry.gone]
        for entry in lost:
            self._lose(entry)
        return len(lost)

    def _skip_numbers(self, places: Sequence[Place]) -> None:
        if places:
            self._next_number = max(self._next_number, places[-1].number + 1)


def _document(event: Event) -> bytes:
    return wire.to_json(event).encode(errors="replace")


def _event(row: Row) -> Event | None:
    try:
        return wire.event_of(json.loads(row.document))
    except ValueError:
        return None
