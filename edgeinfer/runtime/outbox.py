"""Outbox: the crossing from the thread that infers to the thread of one sink."""

from __future__ import annotations

from collections import deque
from threading import Condition

from edgeinfer.core.results import Message


class Outbox:
    """Bounded; when it is full the oldest message goes, counted in `dropped`.

    `patient` is for finite sources: while the sink is at work, `offer` waits for room instead,
    so that a clip's results are complete; while the sink is away it drops as ever.
    """

    def __init__(self, capacity: int, *, patient: bool = False) -> None:
        self.delivered = 0
        self.dropped = 0
        self.away = False
        self.closed = False
        self._capacity = capacity
        self._patient = patient
        self._abandoned = False
        self._messages: deque[Message] = deque()
        self._changed = Condition()

    def offer(self, message: Message) -> None:
        """Leave a message for the sink."""
        with self._changed:
            while self._full() and self._patient and not self.away:
                self._changed.wait()
            if self._abandoned:
                self.dropped += 1
                return
            if self._full():
                self._messages.popleft()
                self.dropped += 1
            self._messages.append(message)
            self._changed.notify_all()

    def first(self) -> Message | None:
        """The oldest message, which stays until `done`; None: closed and empty, or given up."""
        with self._changed:
            while not self._messages and not self.closed:
                self._changed.wait()
            return self._messages[0] if self._messages else None

    def done(self, message: Message) -> None:
        """`message` was delivered."""
        with self._changed:
            self.delivered += 1
            self.away = False
            if self._messages and self._messages[0] is message:
                self._messages.popleft()
            else:
                self.dropped -= 1  # given up while it was on its way, and yet it arrived
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
        """Give up what is left: it counts as dropped."""
        with self._changed:
            self.closed = self._abandoned = True
            self._patient = False
            self.dropped += len(self._messages)
            self._messages.clear()
            self._changed.notify_all()

    def _full(self) -> bool:
        return len(self._messages) >= self._capacity
