"""Latencies: how long a model of the menu takes on a board, and whose word that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from edgeinfer.model import boards
from edgeinfer.model.boards import Board
from edgeinfer.model.published import Published, Task

Kind = Literal["measured", "estimated", "computed", "published", "scaled", "bound"]
"""A bound is the most that it can be."""


@dataclass(frozen=True, slots=True)
class Latency:
    """The time for one picture. `origin`: whose figure it is, or what it is computed from.

    `disturbed`: other programs ran while it was measured.
    """

    ms: float
    kind: Kind
    origin: str
    disturbed: bool = False

    @property
    def trusted(self) -> bool:
        """An estimate is never recommended over what was measured on the same board."""
        return self.kind != "estimated"


class Latencies(Protocol):
    """A board, as far as `plan` asks it."""

    @property
    def name(self) -> str: ...

    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know."""
        ...

    def runs(self, row: Published) -> bool:
        """Whether the board can run such a model at all."""
        ...

    def at_hand(self, row: Published) -> Latency | None:
        """What is known at once."""
        ...

    def of(self, row: Published) -> Latency | None:
        """What is known, or can be found out by running it for some seconds."""
        ...

    def unknown(self, row: Published) -> str:
        """Why there is no latency."""
        ...

    def instead(self, task: Task) -> tuple[str, ...]:
        """Options with which there are figures, for who gets none for this task."""
        ...


class OnPaper:
    """A board of which only a rate is known: the FLOP/s that it really gives."""

    def __init__(self, mflops: float) -> None:
        self.name = f"{mflops:g} MFLOP/s"
        self._flops = mflops * 1e6

    def notes(self) -> tuple[str, ...]:
        return (
            f"latency is 2 x MACs / {self.name}: a first guess, families differ by a factor of two",
            "a rate from a data sheet is a peak: divide it by five to ten before giving it here",
        )

    def runs(self, row: Published) -> bool:
        return not row.edgetpu

    def at_hand(self, row: Published) -> Latency | None:
        if row.macs is None:
            return None
        return Latency(2000 * row.macs / self._flops, "computed", f"2 x MACs / {self.name}")

    def of(self, row: Published) -> Latency | None:
        return self.at_hand(row)

    def unknown(self, row: Published) -> str:
        return "MACs not published"

    def instead(self, task: Task) -> tuple[str, ...]:
        return ()


class OtherPeoples:
    """A board that is known from what other people measured and published."""

    def __init__(self, board: Board, *, coral: bool) -> None:
        self.name = f"{board.name} with a Coral" if coral else board.name
        self._board = board
        self._coral = coral

    def notes(self) -> tuple[str, ...]:
        own = f"other people's figures for a {self.name}: other runtimes, threads and years"
        scaled = "~ is scaled by MACs from another model of the same family"
        if not self._coral:
            return own, scaled
        return (
            own,
            scaled,
            "<= is a larger sibling's own time: a small model's is mostly overhead, not MACs",
            "an Edge TPU runs 8 bits alone; its file is larger (0.25_128: 801 KB, not 526)",
        )

    def runs(self, row: Published) -> bool:
        return row.is_8_bit if self._coral else not row.edgetpu

    def at_hand(self, row: Published) -> Latency | None:
        figure = boards.figure(self._board, row, coral=self._coral)
        if figure is None:
            return None
        kind: Kind = "scaled" if figure.scaled_from else "published"
        return Latency(figure.ms, "bound" if figure.is_bound else kind, figure.origin)

    def of(self, row: Published) -> Latency | None:
        return self.at_hand(row)

    def unknown(self, row: Published) -> str:
        return "no published latency"

    def instead(self, task: Task) -> tuple[str, ...]:
        """First what else is known of this board, then of the task on others."""
        offers = boards.offers()
        asked = (self._board.name, self._coral, task)
        others = [o for o in offers if (o.board.name, o.coral, o.task) != asked]
        same = [offer for offer in others if offer.board.name == self._board.name]
        alike = [o for o in others if o.task == task and o.coral == self._coral]
        return tuple(offer.words for offer in (*same, *alike))
