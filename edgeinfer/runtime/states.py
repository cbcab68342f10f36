"""States: what the rules show, said at the start and whenever it has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeinfer.core.contracts import Rule, ShowingRule
from edgeinfer.core.results import State


class States:
    """Asked after the rules have seen a result."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [rule for rule in rules if isinstance(rule, ShowingRule)]
        self._told: dict[str, Mapping[str, Any]] = {}

    def changed(self, wall_ns: int) -> list[State]:
        now = {rule.name: rule.state for rule in self._rules}
        news = [name for name, facts in now.items() if facts != self._told.get(name)]
        self._told = now
        return [State(name, wall_ns, now[name]) for name in news]
