"""The menu: the cards that come with edgeinfer."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path

from edgeinfer.errors import ConfigError
from edgeinfer.model.card import Card, read


@cache
def cards() -> tuple[Card, ...]:
    """Every card of the menu, by name.

    Raises: ModelError: a card is wrong.
    """
    return tuple(read(path) for path in sorted(_folder().glob("*.toml")))


def find(name: str) -> Card:
    """The card of that name, or the one whose weights file has it (with or without .tflite).

    Raises: ConfigError: no such card.
    """
    wanted = name.removesuffix(".tflite")
    for card in cards():
        if wanted in _names(card):
            return card
    raise ConfigError(f"model {name!r}: not on the menu; {_hint(wanted)}")


def _folder() -> Path:
    """A wheel carries the cards inside the package; a checkout has them at its top."""
    inside = Path(__file__).parent / "cards"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "models"


def _names(card: Card) -> list[str]:
    return [card.name] if card.weights is None else [card.name, Path(card.weights.file).stem]


def _hint(name: str) -> str:
    known = [other for card in cards() for other in _names(card)]
    begun = [other for other in known if name and other.startswith(name)]
    near = begun or get_close_matches(name, known)
    return f"did you mean {near[0]}?" if near else "`edgeinfer models list` shows it"
