"""Report: what a run did, for whoever started it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SinkReport:
    """`kept`: not delivered, but on disk for the next start.

    `reason`: why the sink was away or slow, if it was; `closed`: its reader has left. `waiting` and
    `away` are of the moment.
    """

    name: str
    delivered: int
    dropped: int
    kept: int
    reason: str
    closed: bool
    waiting: int = 0
    away: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did: `frames` read, `results` made, `dropped` frames that a newer one replaced.

    `still`: frames that the motion gate has left out.

    `seconds` begin with the first frame and end with the last result: what opening a stream took,
    and sinks that are away, does not count.
    """

    frames: int
    results: int
    dropped: int
    still: int
    seconds: float
    stopped: bool
    sinks: tuple[SinkReport, ...]

    @property
    def fps(self) -> float:
        return self.results / self.seconds if self.seconds else 0.0
