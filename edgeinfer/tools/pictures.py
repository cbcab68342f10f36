"""Pictures: a person's own, spread over a folder or a clip, or drawn where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeinfer import assembly
from edgeinfer.core.contracts import Source
from edgeinfer.core.frame import Frame
from edgeinfer.errors import ConfigError

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


def drawn(count: int) -> Pictures:
    """Pictures of a drawn scene."""
    source = assembly.open_source(_DRAWN, frames=count * _DRAWN_EVERY)
    return Pictures(_DRAWN, source, count, _DRAWN_EVERY)


def taken(text: str, most: int) -> Pictures:
    """At most so many pictures of a folder or a clip.

    They are counted first: neither says reliably how many it will give.
    Raises: ConfigError: it never ends. SourceError: it cannot be opened, or there is none in it.
    """
    source = assembly.open_source(text)
    if source.live:
        raise ConfigError(f"--images {text}: never ends; give a folder or a clip")
    with source:
        found = sum(1 for _ in _frames(source))
    every = max(1, -(-found // most))
    return Pictures(text, source, -(-found // every), every)


def _frames(source: Source) -> Iterator[Frame]:
    while (frame := source.read()) is not None:
        yield frame
