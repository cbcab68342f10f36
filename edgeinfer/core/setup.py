"""Setup: what a sink is handed through which people look at the configuration, and change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeinfer.core.contracts import Rule
from edgeinfer.core.geometry import Region

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleType:
    """A rule that is installed, and its options as (name, kind, default, choices)."""

    type: str
    needs: str | None
    options: tuple[RuleOption, ...]


@dataclass(frozen=True, slots=True)
class RuleOption:
    """`kind`: number, integer, boolean, choice or text; `default` holds what JSON can hold."""

    name: str
    kind: str
    default: Any
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """What runs now, by its sections, and what can be asked of another configuration.

    `path` is the file that a restart reads again; None: there is none. `labels`: all that the model
    knows. `check` takes the tables of a whole file, `make_rules` those of its rules.
    """

    path: Path | None
    source: str
    region: Region
    labels: tuple[str, ...]
    rules: tuple[Table, ...]
    rule_types: Callable[[], tuple[RuleType, ...]]
    check: Callable[[Table], object]
    """Raises: EdgeinferError: a restart would refuse it."""
    make_rules: Callable[[Sequence[Table], Path], tuple[Rule, ...]]
    """For a trial: what they keep, they keep in that folder.

    Raises: ConfigError: with every problem of them.
    """
    describe_model: Callable[[], Table]
    """Raises: EdgeinferError: nothing is known of it."""
