"""Link: keeps one connection up, in a thread of its own, so that whoever sends never waits long."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from edgeinfer.core.backoff import Backoff
from edgeinfer.errors import SinkError

ATTEMPT_S = 5.0
ABSENT_S = 0.5
"""How long `connection` waits for one that is not there."""
LEAVE_S = 0.5
"""How long leaving waits for the thread: looking up a name cannot be interrupted."""


class Connection(Protocol):
    """One connection: opened once, run until it is lost, closed, and never used again."""

    def open(self) -> None:
        """Raises: SinkError: why it cannot be opened."""
        ...

    def run(self) -> None:
        """Do its work until `leave`.

        Raises: SinkError: it was lost; why.
        """
        ...

    def leave(self) -> None:
        """End `run` in good order; called by another thread."""
        ...

    def close(self) -> None: ...


_log = logging.getLogger(__name__)
C = TypeVar("C", bound=Connection)


class Link(Generic[C]):
    """While it is entered: connects, and connects again with growing pauses.

    `connect` makes a new connection, unopened; the event that it is given is set on leaving.
    """

    def __init__(self, name: str, connect: Callable[[Event], C]) -> None:
        self._name = name
        self._connect = connect
        self._changed = Condition()
        self._connection: C | None = None
        self._reason = ""
        self._leaving = Event()
        self._thread = Thread()

    def __enter__(self) -> Self:
        """Begin to connect; that the other side is absent is an ordinary state, and no error."""
        self._reason = f"{self._name}: not connected yet"
        self._leaving = Event()
        self._thread = Thread(
            target=self._keep, args=(self._leaving,), name=self._name, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._leaving.set()
            connection = self._connection
        if connection is not None:
            connection.leave()
        self._thread.join(LEAVE_S)

    @property
    def connection(self) -> C:
        """The one that is up.

        Raises: SinkError: none came up within half a second; why the last try failed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._connection is not None, ABSENT_S)
            if self._connection is None:
                raise SinkError(self._reason)
            return self._connection

    def _keep(self, leaving: Event) -> None:
        backoff = Backoff()
        while not leaving.is_set():
            connection = self._connect(leaving)
            try:
                connection.open()
                backoff.reset()
                self._use(connection, leaving)
            except SinkError as error:
                self._reason = str(error)
                _log.debug("%s", error)
            finally:
                connection.close()
            leaving.wait(backoff.next_s())

    def _use(self, connection: C, leaving: Event) -> None:
        with self._changed:
            if leaving.is_set():  # nobody would end its `run`
                return
            self._connection = connection
            _log.debug("%s: connected", self._name)
            self._changed.notify_all()
        try:
            connection.run()
        finally:
            with self._changed:
                self._connection = None


def attempt(connection: Connection, name: str) -> None:
    """Open it once and close it again, within five seconds, a slow look-up of the name included.

    Raises: SinkError: why it cannot be opened.
    """
    outcome: list[SinkError] = []
    thread = Thread(target=_try, args=(connection, outcome), name=f"try {name}", daemon=True)
    thread.start()
    thread.join(ATTEMPT_S)
    if thread.is_alive():
        raise SinkError(f"{name}: no answer within {ATTEMPT_S:.0f} s; check host and port")
    if outcome:
        raise outcome[0]


def _try(connection: Connection, outcome: list[SinkError]) -> None:
    try:
        connection.open()
    except SinkError as error:
        outcome.append(error)
    finally:
        connection.close()
