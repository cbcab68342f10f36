"""The progress bars of downloads, on standard error: standard output is the answer's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

OnFetch = Callable[[str, int, int], None]
"""(name, bytes so far, bytes in all; 0: the server does not say)."""


@contextmanager
def fetching() -> Iterator[OnFetch]:
    """Gives a callback; a name's bar appears with its first call, and without one nothing does."""
    bars: Any = None
    tasks: dict[str, Any] = {}

    def show(name: str, done: int, whole: int) -> None:
        nonlocal bars
        bars = bars or _bars()
        if name not in tasks:
            tasks[name] = bars.add_task(name)
        bars.update(tasks[name], completed=done, total=whole or None)

    try:
        yield show
    finally:
        if bars:
            bars.stop()


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    bars = Progress(*columns, console=Console(stderr=True))
    bars.start()
    return bars
