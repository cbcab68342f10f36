"""Boards that one does not own yet: latencies that other people measured and published."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Annotated, get_args

from annotated_types import Ge, Gt

from edgeinfer.errors import ConfigError
from edgeinfer.model.published import Dtype, Published, Task, checked, folder, published


@dataclass(frozen=True, slots=True)
class Latency:
    """One model's time for one picture."""

    model: str
    dtype: Dtype
    ms: Annotated[float, Gt(0)]


@dataclass(frozen=True, slots=True)
class Series:
    """What one source measured in one way. `threads` None: it does not say."""

    source: str
    runtime: str
    latencies: tuple[Latency, ...]
    year: Annotated[int, Gt(2000)]
    threads: Annotated[int, Ge(1)] | None = None
    coral: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """All that is published of one board."""

    name: str
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A latency for one row of the menu. `scaled_from`: the model that was measured, if another.

    `is_bound`: it is a larger model's own time, the most that this one can take.
    """

    ms: float
    series: Series
    scaled_from: str | None = None
    is_bound: bool = False

    @property
    def origin(self) -> str:
        """In words: whose figure it is."""
        said = self.series
        threads = f"{said.threads} threads" if said.threads else "threads not stated"
        origin = f"{said.source}; {said.runtime}, {threads}, {said.year}"
        if self.scaled_from is None:
            return origin
        how = "the time of" if self.is_bound else "scaled by MACs from"
        return f"{origin}; {how} {self.scaled_from}"


@dataclass(frozen=True, slots=True)
class Offer:
    """Something is published of such models on such a board."""

    name: str
    board: Board
    coral: bool
    task: Task

    @property
    def words(self) -> str:
        """The options that ask for it."""
        coral = " --coral" if self.coral else ""
        return f"--board {self.name}{coral} --task {self.task}"


@cache
def names() -> tuple[str, ...]:
    """What the boards are called on the command line."""
    return tuple(path.stem for path in sorted(folder("boards").glob("*.toml")))


@cache
def find(name: str) -> Board:
    """The board of that name.

    Raises: ConfigError: no such board. ModelError: its file is wrong.
    """
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names())}"
        raise ConfigError(f"board {name!r}: unknown; {hint}")
    return checked(Board, folder("boards") / f"{name}.toml")


def figure(board: Board, row: Published, *, coral: bool) -> Figure | None:
    """The published latency of a row, or one scaled by MACs from the nearest of its own family.

    None where nobody measured it nor a sibling of the same number of bits.
    """
    found = list(_siblings(board, row, coral=coral))
    if not found:
        return None
    series, latency, sibling = min(found, key=lambda known: _distance(known[2], row))
    if sibling.name == row.name:
        return Figure(latency.ms, series)
    assert row.macs is not None  # noqa: S101 - _siblings gives
    assert sibling.macs is not None  # noqa: S101 - none without
    ratio = row.macs / sibling.macs
    # A small model's time on an Edge TPU is mostly the way there and back: 0.25_128 takes 0.9 ms
    # (Coral's page), where its MACs alone would say 0.1. So nothing is scaled down there: a larger
    # sibling's time is a bound.
    if coral and ratio < 1:
        return Figure(latency.ms, series, sibling.name, is_bound=True)
    return Figure(latency.ms * ratio, series, sibling.name)


@cache
def offers() -> tuple[Offer, ...]:
    """All that is published: every board, with and without a Coral, and both tasks."""
    return tuple(
        Offer(name, find(name), coral, task)
        for name in names()
        for task in get_args(Task)
        for coral in (False, True)
        if _is_known(find(name), task, coral=coral)
    )


def _is_known(board: Board, task: Task, *, coral: bool) -> bool:
    models = {(row.name, row.dtype) for row in published() if row.task == task}
    return any(
        (latency.model, latency.dtype) in models
        for series in board.series
        if series.coral == coral
        for latency in series.latencies
    )


def _siblings(
    board: Board, row: Published, *, coral: bool
) -> Iterator[tuple[Series, Latency, Published]]:
    for series in board.series:
        for latency in series.latencies:
            known = _rows().get((latency.model, latency.dtype))
            if known and series.coral == coral and _may_stand_for(known, row):
                yield series, latency, known


def _may_stand_for(known: Published, row: Published) -> bool:
    if known.family != row.family or known.is_8_bit != row.is_8_bit:
        return False
    return known.name == row.name or bool(known.macs and row.macs)


def _distance(known: Published, row: Published) -> float:
    if known.name == row.name:
        return -1.0
    return abs(math.log((known.macs or 1) / (row.macs or 1)))


@cache
def _rows() -> dict[tuple[str, str], Published]:
    return {(row.name, row.dtype): row for row in published()}
