"""Here: this board's own latencies, measured on models that are written for it, and kept.

A kernel's time does not depend on what the weights are, so nothing is downloaded: the model is
written with random weights, timed, and deleted.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median

from edgeinfer.engines import litert
from edgeinfer.errors import EngineError
from edgeinfer.model import skeletons, weights
from edgeinfer.model.published import Published, Task, published
from edgeinfer.tools import board
from edgeinfer.tools.kept import Kept, Timed, Times
from edgeinfer.tools.latencies import Latency
from edgeinfer.tools.machine import Machine
from edgeinfer.tools.others import Others
from edgeinfer.tools.timing import interleaved, warm_up
from edgeinfer.tools.trial import Trial

TimeRow = Callable[[Published, int], Timed]
"""(row, threads) -> the time for one picture."""

_MOST_S = 1.0  # a model, after its warm-up
_LEAST_RUNS, _MOST_RUNS = 5, 200
_DIGEST_WIDTH, _DIGEST_PX = 0.25, 96


def time_row(row: Published, threads: int) -> Timed:
    """Write the model, run it until steady, and time it; the median in milliseconds.

    Raises: EngineError: there is no room to write it, or it cannot be run.
    """
    with tempfile.TemporaryDirectory(prefix="edgeinfer-plan-") as folder:
        path = Path(folder) / f"{row.name}.tflite"
        try:
            path.write_bytes(skeletons.write(row.family, row.width, row.px, row.dtype))
        except OSError as error:
            raise EngineError(f"{path}: {error.strerror or error}; make room there") from error
        time_ms = Trial(path, threads).time_ms
        guess_ms = median(warm_up(time_ms)[-_LEAST_RUNS:])
        runs = min(max(int(_MOST_S * 1000 / guess_ms), _LEAST_RUNS), _MOST_RUNS)
        others = Others()
        ms = median(interleaved([time_ms], runs)[0])
        return Timed(ms, others.share())


class Here:
    """This board. What is measured once is kept per board, runtime and number of threads.

    `again`: what is kept from earlier runs is not used.

    Raises: EngineError: no interpreter is installed.
    """

    def __init__(
        self,
        threads: int | None = None,
        measure: TimeRow = time_row,
        machine: Machine | None = None,
        folder: Path | None = None,
        *,
        again: bool = False,
    ) -> None:
        self.threads = litert.thread_count(threads)
        self.name = board.name(machine or Machine())
        self._measure = measure
        self._runtime = litert.runtime_name()
        words = f"{self.name}-{self._runtime}-{self.threads}-threads"
        file = (folder or kept_folder()) / f"{board.slug(words)}.json"
        self._times = Times(file, _digest_of, again=again)

    def notes(self) -> tuple[str, ...]:
        threads = f"{self.threads} thread{'' if self.threads == 1 else 's'}"
        kept = "kept in" if self._times.writable else "could not be kept in"
        return (
            f"measured here with {self._runtime}, {threads}, on models with random weights",
            f"{kept} {self._times.file}; --measure-again measures anew",
            "8 bits are uint8, as published; edgeinfer optimize makes int8 of it, often faster",
            "! was measured while other programs ran, and is measured again the next time",
            "≈ is not measured here: estimated from the rate of a family that is built alike",
        )

    def runs(self, row: Published) -> bool:
        return not row.edgetpu

    def at_hand(self, row: Published) -> Latency | None:
        if _is_written(row):
            kept = self._times.get(_key(row))
            return _measured(kept) if kept else None
        anchor = _anchor(row)
        kept = self._times.get(_key(anchor)) if anchor else None
        return _estimate(row, anchor, kept.timed) if anchor and kept else None

    def of(self, row: Published) -> Latency | None:
        found = self.at_hand(row)
        if found:
            return found
        timed = row if _is_written(row) else _anchor(row)
        if timed is None:
            return None
        today = datetime.now(UTC).date().isoformat()
        self._times.put(_key(timed), self._measure(timed, self.threads), today)
        return self.at_hand(row)

    def unknown(self, row: Published) -> str:
        if _is_written(row) or _anchor(row):
            return "not measured"
        return "cannot be measured here"

    def instead(self, task: Task) -> tuple[str, ...]:
        return ()


def kept_folder() -> Path:
    """Beside the models that are pulled."""
    return weights.own_folder().parent / "bench" / "plan"


def _key(row: Published) -> str:
    return f"{row.name} {row.dtype}"


def _digest_of(key: str) -> str:
    """Of the model that is written for a row's key; "" where there is none any more."""
    for row in published():
        if _key(row) == key and _is_written(row):
            return _family_digest(row.family, row.dtype)
    return ""


@cache
def _family_digest(family: str, dtype: str) -> str:
    """Of a small model of the family: all sizes come from one writer, and 16 MB take a while."""
    written = skeletons.write(family, _DIGEST_WIDTH, _DIGEST_PX, dtype)
    return hashlib.sha256(written).hexdigest()[:16]


def _measured(kept: Kept) -> Latency:
    timed, origin = kept.timed, f"measured here on {kept.date}"
    if timed.disturbed:
        origin += f", while other programs took {timed.others_share:.0%} of the processor"
    return Latency(timed.ms, "measured", origin, timed.disturbed)


def _is_written(row: Published) -> bool:
    return row.family in skeletons.FAMILIES


def _anchor(row: Published) -> Published | None:
    """The model nearest in MACs of the family that this one is built like, in as many bits."""
    if row.macs is None:
        return None
    macs = row.macs
    alike = [
        other
        for other in published()
        if other.family == row.like and other.is_8_bit == row.is_8_bit and other.macs
    ]
    return min(alike, key=lambda other: abs(math.log((other.macs or 1) / macs)), default=None)


def _estimate(row: Published, anchor: Published, timed: Timed) -> Latency:
    ratio = (row.macs or 0) / (anchor.macs or 1)
    origin = f"at the rate of {anchor.name}, not measured"
    return Latency(timed.ms * ratio, "estimated", origin, timed.disturbed)
