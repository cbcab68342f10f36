"""Derived: the card of a model that was made from another."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgeinfer import config
from edgeinfer.model import graph, labels
from edgeinfer.model.card import METADATA, Card

# They speak of the very file that the other card stands for.
_OF_THE_ORIGINAL = ("weights", "accuracy")


def card_text(original: Card | None, model: Path, comments: Sequence[str]) -> str:
    """The TOML of a card for `model`: what the original's says, below comments.

    Its labels are those that `model` carries. Raises: ModelError: `model` cannot be read.
    """
    table = dict(config.read(original.file)) if original else _guessed(model)
    table = {key: value for key, value in table.items() if key not in _OF_THE_ORIGINAL}
    table.pop("labels", None)
    if labels.from_model(model) is not None:
        table["labels"] = METADATA
    decoder = table.pop("decoder", {})
    lines = [*(f"# {comment}" for comment in comments), *_lines(table)]
    return "\n".join([*lines, *(["", "[decoder]", *_lines(decoder)] if decoder else []), ""])


def _guessed(model: Path) -> dict[str, Any]:
    """What a model without a card is taken for."""
    if graph.detection_classes(model) is None:
        return {"task": "classification", "decoder": {"type": "classifier"}}
    return {"task": "detection", "decoder": {"type": "ssd"}}


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_toml(value)}" for key, value in table.items()]


def _key(text: str) -> str:
    return text if text.isascii() and text.isidentifier() else _toml(text)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(key)} = {_toml(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(inner) for inner in value)}]"
    # What JSON writes of a text, a number or a truth value is TOML, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
