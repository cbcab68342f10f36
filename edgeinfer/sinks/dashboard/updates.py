"""Updates: what is new, as server-sent events, to everybody who listens."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from edgeinfer.sinks.dashboard.exchange import RefusedError

MOST_LISTENERS = 32
TYPE = "text/event-stream"
_HEARTBEAT_S = 15.0
# More than comes in any minute; who has left so much unread is not reading.
_MOST_UNREAD = 200

Missed = Callable[[], Awaitable[list[tuple[int, Mapping[str, Any]]]]]
"""Numbered events that a listener has not got; asked for once it listens."""


def chunk(kind: str, document: Mapping[str, Any], number: int | None = None) -> bytes:
    lead = "" if number is None else f"id: {number}\n"
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str)
    return f"{lead}event: {kind}\ndata: {text}\n\n".encode(errors="replace")


class Updates:
    """`tell` is for any thread, and does nothing where nobody listens; all else is the loop's.

    Of results only the newest waits for a listener.
    """

    def __init__(self) -> None:
        self._listeners: set[_Listener] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def tell_result(self, make: Callable[[], Mapping[str, Any]]) -> None:
        """`make` is called only where somebody listens."""
        if self._listeners:
            self.tell("result", make())

    def tell(self, kind: str, document: Mapping[str, Any], number: int | None = None) -> None:
        if self._listeners and self._loop is not None:
            told = chunk(kind, document, number)
            self._loop.call_soon_threadsafe(self._spread, kind, told, number)

    def enter(self) -> _Listener:
        """A place, which `leave` gives back.

        Raises: RefusedError: it would be one too many.
        """
        if len(self._listeners) >= MOST_LISTENERS:
            raise RefusedError(
                503,
                f"updates: {MOST_LISTENERS} listen, which is the most; close one",
                headers={"Retry-After": "10"},
            )
        listener = _Listener()
        self._listeners.add(listener)
        return listener

    def leave(self, listener: _Listener) -> None:
        self._listeners.discard(listener)

    async def feed(self, listener: _Listener, missed: Missed) -> AsyncIterator[bytes]:
        """Until the listener has left too much unread."""
        yield b"retry: 2000\n\n"
        last = 0
        for last, document in await missed():
            yield chunk("event", document, last)
        async for told, number in listener.told():
            if number is None or number > last:
                yield told

    def _spread(self, kind: str, told: bytes, number: int | None) -> None:
        for listener in self._listeners:
            listener.hear(kind, told, number)


class _Listener:
    """What waits for one listener."""

    def __init__(self) -> None:
        self._unread: deque[tuple[bytes, int | None]] = deque()
        self._result: bytes | None = None
        self._came = asyncio.Event()
        self._lost = False

    def hear(self, kind: str, told: bytes, number: int | None) -> None:
        if kind == "result":
            self._result = told
        elif len(self._unread) < _MOST_UNREAD:
            self._unread.append((told, number))
        else:
            self._lost = True  # it comes back, and asks for what it has missed
        self._came.set()

    async def told(self) -> AsyncIterator[tuple[bytes, int | None]]:
        while not self._lost:
            try:
                # Not wait_for: Python 3.11's may swallow that it is cancelled.
                async with asyncio.timeout(_HEARTBEAT_S):
                    await self._came.wait()
            except TimeoutError:
                yield b": still here\n\n", None
            self._came.clear()
            while self._unread:
                yield self._unread.popleft()
            if self._result is not None:
                result, self._result = self._result, None
                yield result, None
