"""Folder: the pictures of a folder, in the order of their names."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from edgeinfer.core.frame import Frame
from edgeinfer.errors import SourceError
from edgeinfer.picture import ViewOptions, load
from edgeinfer.sources.clock import now

_log = logging.getLogger(__name__)
ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


class FolderSource:
    """Finite. Each frame's `source` is the name of its picture; `name` is that of the folder."""

    argument: ClassVar[str] = "path"
    live = False

    @dataclass(frozen=True, slots=True)
    class Options(ViewOptions):
        """`path`: the folder itself; what lies in folders below it is not read."""

        path: Path

    def __init__(self, options: Options, model_px: tuple[int, int] | None = None) -> None:
        del model_px  # a picture has one size
        self._options = options
        self.name = options.path.name or str(options.path)
        self._sequence = count()
        self._left: Iterator[Path] = iter(())

    def __enter__(self) -> Self:
        self._left = iter(_pictures(self._options.path))
        self._shown = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._left = iter(())

    def read(self) -> Frame | None:
        for path in self._left:
            try:
                pixels = self._options.apply(load(path))
            except SourceError as error:
                _log.warning("%s; left out", error)
                continue
            self._shown += 1
            return Frame(pixels, next(self._sequence), *now(), path.name)
        if self._shown == 0:
            raise SourceError(f"{self._options.path}: none of its pictures can be read")
        return None


def _pictures(folder: Path) -> list[Path]:
    """Raises: SourceError: no such folder, or no picture in it."""
    try:
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS)
    except OSError as error:
        raise SourceError(f"{folder}: {(error.strerror or str(error)).lower()}") from error
    if not found:
        endings = " ".join(sorted(ENDINGS))
        raise SourceError(f"{folder}: no pictures in it; looked for {endings}")
    return found
