"""Events for the tests of what keeps them, and a clock that obeys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgeinfer.core.results import Event, Message
from edgeinfer.runtime.outbox import Outbox
from edgeinfer.runtime.wall_clock import WallClock
from tests.doubles import result

YEAR_NS = 365 * 86400 * 1_000_000_000


def event(seq: int, wall_ns: int = YEAR_NS) -> Event:
    made = result(seq).without_pixels()
    return Event(
        "door", "opened", replace(made, frame=replace(made.frame, wall_ns=wall_ns)), {"seq": seq}
    )


def drain(outbox: Outbox) -> list[Message]:
    """Delivers all that comes until the outbox is closed and empty."""
    sent = []
    while (message := outbox.first()) is not None:
        outbox.done(message)
        sent.append(message)
    return sent


def seqs(messages: list[Message]) -> list[int]:
    return [m.result.frame.seq for m in messages if isinstance(m, Event)]


class Clocks:
    """The machine's clocks and its boot; `clock` reads them as one process does."""

    def __init__(self, folder: Path) -> None:
        self.is_set = True
        self.wall_ns = YEAR_NS
        self.since_boot_ns = 0
        self._root = folder
        self.boot("one")

    def boot(self, boot_id: str) -> None:
        path = self._root / "proc/sys/kernel/random/boot_id"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(boot_id + "\n")

    def pass_ns(self, ns: int) -> None:
        self.wall_ns += ns
        self.since_boot_ns += ns

    def clock(self) -> WallClock:
        return WallClock(
            self._root,
            kernel_state=lambda: 0 if self.is_set else 5,
            wall_ns=lambda: self.wall_ns,
            since_boot_ns=lambda: self.since_boot_ns,
        )
