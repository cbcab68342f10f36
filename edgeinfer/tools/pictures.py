"""Pictures: a person's own, spread over a folder or a clip, or drawn where there are none."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeinfer import assembly
from edgeinfer.core.contracts import Source
from edgeinfer.core.frame import Frame
from edgeinfer.errors import ConfigError, SourceError
from edgeinfer.picture import load
from edgeinfer.shorthand import source_table
from edgeinfer.sources.clock import now
from edgeinfer.sources.folder import ENDINGS

_log = logging.getLogger(__name__)
_DRAWN = "synthetic:signs"
_DRAWN_EVERY = 15  # a second of the scene: its neighbours look nearly the same


@dataclass(frozen=True, slots=True)
class Pictures:
    """Every `every`-th of a source that ends, `count` in all."""

    name: str
    source: Source
    count: int
    every: int

    def __iter__(self) -> Iterator[Frame]:
        with self.source as source:
            for number, frame in enumerate(_frames(source)):
                if number % self.every == 0:
                    yield frame


@dataclass(frozen=True, slots=True)
class Files:
    """Picture files below the folder `name`; one that cannot be read is left out."""

    name: str
    paths: tuple[Path, ...]

    @property
    def count(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Frame]:
        """Raises: SourceError: none of them can be read."""
        shown = 0
        for path in self.paths:
            try:
                pixels = load(path)
            except SourceError as error:
                _log.warning("%s; left out", error)
                continue
            yield Frame(pixels, shown, *now(), str(path.relative_to(self.name)))
            shown += 1
        if shown == 0:
            raise SourceError(f"{self.name}: none of its pictures can be read")


def drawn(count: int) -> Pictures:
    """Pictures of a drawn scene."""
    source = assembly.open_source(_DRAWN, frames=count * _DRAWN_EVERY)
    return Pictures(_DRAWN, source, count, _DRAWN_EVERY)


def taken(text: str, most: int) -> Pictures | Files:
    """At most so many pictures of a clip or a folder, evenly spread.

    In a folder without pictures those of the folders below it are taken, class by class.
    Raises: ConfigError: it never ends. SourceError: it cannot be opened, or there is none in it.
    """
    table = source_table(text)
    if table["type"] == "folder":
        folder = Path(table["path"])
        paths = _pictures(folder, "*") or _pictures(folder, "**/*")
        if paths:
            return Files(str(folder), tuple(paths[:: _step(len(paths), most)]))
    return _of_source(text, most)


def _of_source(text: str, most: int) -> Pictures:
    """Counts them first: no source says reliably how many it will give."""
    source = assembly.open_source(text)
    if source.live:
        raise ConfigError(f"--images {text}: never ends; give a folder or a clip")
    with source:
        found = sum(1 for _ in _frames(source))
    every = _step(found, most)
    return Pictures(text, source, -(-found // every), every)


def _pictures(folder: Path, pattern: str) -> list[Path]:
    """Folders may have a picture's name, and thumbnails lie in hidden ones."""
    return sorted(
        path
        for path in folder.glob(pattern)
        if path.suffix.lower() in ENDINGS
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _step(found: int, most: int) -> int:
    return max(1, -(-found // most))


def _frames(source: Source) -> Iterator[Frame]:
    while (frame := source.read()) is not None:
        yield frame
