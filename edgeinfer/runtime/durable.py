"""DurableOutbox: an outbox whose events outlive the process, and a power cut.

Results and health stay in memory, as in any outbox. An event that is delivered at once never
touches the disk: only what still waits after half of `commit_s` is committed, many in one go, by a
thread of its own, and with it goes what was delivered meanwhile. So whatever was offered longer
than `commit_s` ago is delivered or on the disk, as long as that answers within the other half.
"""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path
from threading import Condition, Thread
from time import monotonic

from edgeinfer.core.backoff import Backoff
from edgeinfer.core.results import Event, Message
from edgeinfer.errors import StoreError
from edgeinfer.runtime.event_store import EventStore
from edgeinfer.runtime.outbox import Outbox
from edgeinfer.runtime.pending import Limits, Pending
from edgeinfer.runtime.wall_clock import WallClock

_log = logging.getLogger(__name__)

_LAST_COMMIT_S = 0.5
"""How long giving up waits for the last commit: what waited longer than half a second is stored."""


class DurableOutbox(Outbox):
    """What an earlier process could not deliver comes first, as events without findings or pixels.

    An event leaves by `done` alone, in order; one that comes twice has the same id. Over a limit
    the oldest is dropped. A disk that does not take them leaves them in memory, said once.
    """

    def __init__(  # noqa: PLR0913 - each is one bound, by name
        self,
        path: Path,
        capacity: int,
        *,
        patient: bool = False,
        commit_s: float = 1.0,
        most_events: int = 100_000,
        most_bytes: int = 64 << 20,
        oldest_s: float = 30 * 86400,
        clock: WallClock | None = None,
    ) -> None:
        super().__init__(capacity, patient=patient)
        self._store = EventStore(path)
        self._live = not patient
        self._commit_s = commit_s
        self._clock = clock or WallClock()
        limits = Limits(most_events, most_bytes, oldest_s)
        self._events = Pending(limits, capacity, self._clock)
        self._others: deque[tuple[int, Message]] = deque()
        self._turn = 0
        self._settled = False
        self._writer: Thread | None = None
        self._due = Condition(self._lock)
        self._due_s: float | None = None
        self._retry_s = 0.0  # before it, a disk that failed is left alone
        self._backoff = Backoff(commit_s, 60.0)
        self._failing = self._tried = self._recovered = False
        self._removed = 0

    def first(self) -> Message | None:
        with self._lock:
            self._begin()
        return super().first()

    def abandon(self) -> None:
        """Give up what is left: events are stored and count as kept, all else as dropped."""
        super().abandon()
        if self._writer is not None:
            self._writer.join(_LAST_COMMIT_S)
        with self._lock:
            if not self._settled:
                self._settled = True
                self.kept = len(self._events) - self._events.unstored
                self.dropped += self._events.unstored

    # What lies here, and in which order: asked and changed under the lock.

    @property
    def waiting(self) -> int:
        return len(self._others) + self._events.waiting

    def _is_full(self, message: Message) -> bool:
        if isinstance(message, Event):
            return self._events.is_full
        return len(self._others) >= self._capacity

    def _add(self, message: Message) -> None:
        self._turn += 1
        if isinstance(message, Event):
            stamp = self._clock.stamp(live=self._live)
            self.dropped += self._events.add(message, stamp, self._turn)
            self._begin()
            self._schedule(self._commit_s / 2)
            return
        if self._is_full(message):
            self._others.popleft()
            self.dropped += 1
        self._others.append((self._turn, message))

    def _is_ready(self) -> bool:
        if self._abandoned:
            return True
        if not self._tried:  # what lies on the disk comes first
            return False
        if self._events.missing() and self._event_is_next():
            self._schedule(0)
            return False
        return bool(self._others) or self._events.head() is not None or self.closed

    def _head(self) -> Message | None:
        if self._abandoned:
            return None
        entry = self._events.head()
        if entry is not None and entry.event is not None and self._event_is_next():
            return self._clock.corrected(entry.event, entry.stamp)
        return self._others[0][1] if self._others else None

    def _event_is_next(self) -> bool:
        entry = self._events.head()
        return entry is not None and (not self._others or entry.turn < self._others[0][0])

    def _remove(self, message: Message) -> None:
        if isinstance(message, Event):
            taken = self._events.take(message.id)
            if self._events.gone_through > self._removed:
                self._schedule(self._commit_s)
            if taken and self._settled:
                self.kept -= 1
        else:
            taken = bool(self._others) and self._others[0][1] is message
            if taken:
                self._others.popleft()
        self.dropped -= not taken  # given up while it was on its way, and yet it arrived

    def _give_up(self) -> None:
        self.dropped += len(self._others)
        self._others.clear()
        if self._events.unstored:
            self._begin()
        self._due.notify()

    # The writer's thread: it alone touches the disk, and never with the lock held.

    def _begin(self) -> None:
        if self._writer is None:
            self._writer = Thread(target=self._write, name="outbox", daemon=True)
            self._writer.start()

    def _schedule(self, in_s: float) -> None:
        due_s = monotonic() + in_s
        if self._due_s is None or due_s < self._due_s:
            self._due_s = due_s
            self._due.notify()

    def _write(self) -> None:
        self._round(commits=False)  # the events that came so far may be delivered at once
        while self._wait():
            self._round()
        while left := self._left():
            self._round()
            if self._left() >= left:
                break  # the disk takes no more
        self._store.close()

    def _left(self) -> int:
        """What the disk does not know yet."""
        return self._events.unstored + (self._events.gone_through > self._removed)

    def _wait(self) -> bool:
        """Until something is due; False: it is over."""
        with self._due:
            while not self._abandoned and (self._due_s is None or self._due_s > monotonic()):
                left_s = None if self._due_s is None else self._due_s - monotonic()
                self._due.wait(left_s)
            self._due_s = None
            return not self._abandoned

    def _round(self, *, commits: bool = True) -> None:
        is_time = self._abandoned or monotonic() >= self._retry_s
        try:
            if not self._store.is_open and is_time:
                self._open()
            if self._store.is_open:
                self._load()
                if is_time and commits:
                    self._commit()
                    self._works()
        except StoreError as error:
            self._fails(error)
        with self._changed:
            self._tried = True
            if self._left():
                self._schedule(max(self._commit_s / 2, self._retry_s - monotonic()))
            self._changed.notify_all()

    def _open(self) -> None:
        try:
            places = self._store.open()
        except StoreError:
            with self._lock:
                self.dropped += self._events.lose_absent()
            raise
        if self._store.set_aside:
            _log.warning("%s", self._store.set_aside)
        with self._lock:
            take_in = self._events.reconcile if self._recovered else self._events.recover
            self.dropped += take_in(places)
            self._recovered = True

    def _load(self) -> None:
        with self._lock:
            numbers = self._events.missing()
        if numbers:
            rows = self._store.read(numbers)
            with self._lock:
                self.dropped += self._events.fill(numbers, rows)

    def _commit(self) -> None:
        with self._lock:
            through = self._events.gone_through
            rows = self._events.batch()
        if through > self._removed:  # first, for it makes room
            self._store.remove(through)
            self._removed = through
        if rows:
            self._store.add(rows)
            with self._lock:
                self._events.stored(rows[-1].number)

    def _works(self) -> None:
        if self._failing:
            self._failing = False
            self._backoff.reset()
            _log.warning("%s: events are stored again", self._store.path)

    def _fails(self, error: StoreError) -> None:
        if not self._failing:
            self._failing = True
            _log.warning("%s; events wait in memory and would not outlive a restart", error)
        self._retry_s = monotonic() + self._backoff.next_s()
