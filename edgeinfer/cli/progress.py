"""The progress bars of downloads and measurements, on standard error: the answer has the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

OnFetch = Callable[[str, int, int], None]
"""(name, bytes so far, bytes in all; 0: the server does not say)."""
OnStep = Callable[[str, float], None]
"""(what is being done, how much of it is done, from 0 to 1)."""

# A bar that draws itself takes a thread, which would disturb what is timed; once drawn, it rests.
_REFRESH_S = 0.25


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


@contextmanager
def measuring() -> Iterator[OnStep]:
    """Gives a callback; one bar shows the step that is being done, and vanishes at the end.

    Where nobody watches, as in a pipe, there is none: what is measured would only be disturbed.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns,
        console=console,
        transient=True,
        auto_refresh=False,
        disable=not console.is_terminal,
    ) as bars:
        task = bars.add_task("", total=1.0)

        def show(step: str, share: float) -> None:
            bars.update(task, description=step, completed=share)
            if share in (0.0, 1.0) or due():
                bars.refresh()

        due = _every(_REFRESH_S)
        yield show


def _every(seconds: float) -> Callable[[], bool]:
    """Whether so long has passed since it last said yes."""
    last_s = 0.0

    def due() -> bool:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s < seconds:
            return False
        last_s = now_s
        return True

    return due


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    bars = Progress(*columns, console=Console(stderr=True))
    bars.start()
    return bars
