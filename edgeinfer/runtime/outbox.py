"""Outbox: the crossing from the thread that infers to the thread of one sink."""

from __future__ import annotations

from collections import deque
from threading import Condition, Lock

from edgeinfer.core.results import Message, Standing


class Outbox:
    """Bounded; when it is full the oldest message goes, counted in `dropped`.

    `patient` is for finite sources: while the sink is at work, `offer` waits for room instead,
    so that a clip's results are complete; while the sink is away it drops as ever. `kept` counts
    what was given up but outlives the process, which nothing in memory does.

    Of what stands until the next of its kind comes, as health does, only the newest lies here. It
    goes first, and counts for nothing.
    """

    def __init__(self, capacity: int, *, patient: bool = False) -> None:
        self.delivered = 0
        self.dropped = 0
        self.kept = 0
        self.away = False
        self.closed = False
        self._capacity = capacity
        self._patient = patient
        self._abandoned = False
        self._messages: deque[Message] = deque()
        self._standing: dict[str, Standing] = {}
        self._lock = Lock()
        self._changed = Condition(self._lock)

    def offer(self, message: Message) -> None:
        """Leave a message for the sink."""
        with self._changed:
            if isinstance(message, Standing):
                self._standing[message.key] = message
                self._changed.notify_all()
                return
            while self._is_full(message) and self._waits():
                self._changed.wait()
            if self._abandoned:
                self.dropped += 1
                return
            self._add(message)
            self._changed.notify_all()

    def first(self) -> Message | None:
        """The oldest message, which stays until `done`; None: closed and empty, or given up."""
        with self._changed:
            while not self._standing and not self._is_ready():
                self._changed.wait()
            return next(iter(self._standing.values()), None) or self._head()

    def done(self, message: Message) -> None:
        """`message` was delivered."""
        with self._changed:
            self.away = False
            if isinstance(message, Standing):
                if self._standing.get(message.key) is message:
                    del self._standing[message.key]
                return
            self.delivered += 1
            self._remove(message)
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """The sink is away: wait before the next try, but not past the end of the messages."""
        with self._changed:
            self.away = True
            self._changed.notify_all()
            was_closed = self.closed
            self._changed.wait_for(
                lambda: self._abandoned or self.closed > was_closed, timeout=seconds
            )

    def close(self) -> None:
        """No message comes any more; those that lie here are still delivered."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def abandon(self) -> None:
        """Give up what is left: it counts as dropped, or as kept."""
        with self._changed:
            self.closed = self._abandoned = True
            self._standing.clear()
            self._give_up()
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many messages lie here."""
        return len(self._messages)

    def _waits(self) -> bool:
        return self._patient and not self.away and not self._abandoned

    # What lies here, and in which order: asked and changed under the lock.

    def _is_full(self, message: Message) -> bool:
        return len(self._messages) >= self._capacity

    def _add(self, message: Message) -> None:
        if self._is_full(message):
            self._messages.popleft()
            self.dropped += 1
        self._messages.append(message)

    def _is_ready(self) -> bool:
        """There is something to take, or never will be."""
        return bool(self._messages) or self.closed

    def _head(self) -> Message | None:
        return self._messages[0] if self._messages else None

    def _remove(self, message: Message) -> None:
        if self._messages and self._messages[0] is message:
            self._messages.popleft()
        else:
            self.dropped -= 1  # given up while it was on its way, and yet it arrived

    def _give_up(self) -> None:
        self.dropped += len(self._messages)
        self._messages.clear()
