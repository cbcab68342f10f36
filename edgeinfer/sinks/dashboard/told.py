"""Told: what the sink has been handed by those who made it and who run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeinfer.core.results import Health
from edgeinfer.core.setup import Setup
from edgeinfer.sinks.dashboard.exchange import RefusedError


@dataclass(frozen=True, slots=True)
class Told:
    """`ask_health` and `setup` are None where a sink is made by hand, as in a script."""

    device: str
    on_command: Callable[[str, str], None] = lambda _command, _word: None
    ask_health: Callable[[], Health] | None = None
    setup: Setup | None = None

    @property
    def labels(self) -> dict[str, str]:
        """By the names of the rules that watch a single one."""
        rules = self.setup.rules if self.setup else ()
        watched = {str(rule["name"]): list(rule.get("labels") or ()) for rule in rules}
        return {name: labels[0] for name, labels in watched.items() if len(labels) == 1}

    @property
    def needed_setup(self) -> Setup:
        """Raises: RefusedError: nobody has told it."""
        if self.setup is None:
            raise RefusedError(409, "set-up: this service was made by hand, and tells none")
        return self.setup
