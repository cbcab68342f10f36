"""Chosen: the file that a person means by a menu name or a path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edgeinfer.errors import ModelError
from edgeinfer.loading import OnFetch
from edgeinfer.model import menu, weights
from edgeinfer.shorthand import model_table


@dataclass(frozen=True, slots=True)
class Chosen:
    """`delegate` is what the card of a menu model says that it needs."""

    name: str
    path: Path
    delegate: str | None = None


def find(text: str, on_fetch: OnFetch = lambda *_: None) -> Chosen:
    """Weights of the menu that are not here are fetched first.

    Raises: ConfigError: the menu has no such name. DownloadError: they could not be had.
    Raises: ModelError: there is no such file, or it is not the one that its card names.
    """
    table = model_table(text)
    if "path" in table:
        path = Path(text)
        if path.is_dir():
            raise ModelError(f"{path}: is a folder; name the .tflite in it")
        if not path.is_file():
            raise ModelError(f"{path}: no such file")
        return Chosen(path.stem, path)
    card = menu.find(text)
    found = weights.locate(card) or weights.fetch(card, partial(on_fetch, card.name))
    weights.verify(found, card)
    return Chosen(card.name, found, card.delegate)
