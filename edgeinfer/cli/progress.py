"""The progress bar of a download, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def fetching() -> Iterator[Callable[[str, int, int], None]]:
    """Gives a callback (name, bytes so far, bytes in all); the bar appears with its first call."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    bar = Progress(*columns, console=Console(stderr=True))
    tasks = {}

    def show(name: str, done: int, whole: int) -> None:
        if name not in tasks:
            bar.start()
            tasks[name] = bar.add_task(name, total=whole)
        bar.update(tasks[name], completed=done, total=whole)

    try:
        yield show
    finally:
        if tasks:
            bar.stop()
