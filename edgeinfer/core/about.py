"""About: what a sink can be told of the device before the first message, to introduce it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Shown:
    """One key of a rule's state. `name` is for people, beside the rule's; empty: that says it all.

    A `total` grows, and begins with 0 now and then.
    """

    kind: Literal["yes_no", "number", "total", "text"]
    name: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class AboutRule:
    """`shows` are the keys of its state, `kinds` those of its events."""

    name: str
    shows: Mapping[str, Shown]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class About:
    """`model` is the one that it begins with."""

    version: str
    model: str
    rules: tuple[AboutRule, ...] = ()
