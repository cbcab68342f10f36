"""Streams: the answers that go on, so that all of them can be ended at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class Streams:
    """`end` is for any thread; everything else is the loop's."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    async def run(self, pump: Coroutine[Any, Any, None], gone: Coroutine[Any, Any, None]) -> None:
        """Until the pump is empty, its reader has gone, or all streams are ended."""
        tasks = [asyncio.ensure_future(pump), asyncio.ensure_future(gone)]
        self._running.update(tasks)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self._running.difference_update(tasks)

    def end(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # its loop has ended already
                self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        for task in self._running:
            task.cancel()
