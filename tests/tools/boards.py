"""Rows and a board for the tests of `plan`: small numbers that one can check by eye."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeinfer.model.published import Evaluation, Published, Task
from edgeinfer.tools.latencies import Kind, Latency


def row(name: str, group: str = "a", **facts: Any) -> Published:
    """A model of 100 KB, 50 % and 1 M MACs, unless said otherwise."""
    about = Evaluation(group, "top-1", f"test set {group}", "somebody", "https://somewhere")
    given = {
        "family": "tiny",
        "task": "classification",
        "width": 1.0,
        "px": 32,
        "dtype": "float32",
        "size_bytes": 100_000,
        "accuracy": 50.0,
        "macs": 1_000_000,
        **facts,
    }
    return Published(name=name, evaluation=about, **given)


class KnownBoard:
    """A board whose latencies are told; `timed` are those that had to be found out."""

    def __init__(self, ms: Mapping[str, float], kinds: Mapping[str, Kind] | None = None) -> None:
        self.name = "a board"
        self.timed: list[str] = []
        self._ms = ms
        self._kinds = kinds or {}

    def notes(self) -> tuple[str, ...]:
        return ("a note",)

    def runs(self, row: Published) -> bool:
        return not row.edgetpu

    def at_hand(self, row: Published) -> Latency | None:
        known = row.name in self.timed and row.name in self._ms
        kind = self._kinds.get(row.name, "measured")
        return Latency(self._ms[row.name], kind, "told") if known else None

    def of(self, row: Published) -> Latency | None:
        self.timed.append(row.name)
        return self.at_hand(row)

    def unknown(self, row: Published) -> str:
        return "nobody knows"

    def instead(self, task: Task) -> tuple[str, ...]:
        return (f"--board another --task {task}",)
