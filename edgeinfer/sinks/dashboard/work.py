"""Work: what would hold up the server's loop is done in one thread beside it, in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Work:
    """One thread: two pictures at once would take two cores from the model."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dashboard work")

    async def do(self, what: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, what)

    def end(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
