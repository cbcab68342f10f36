"""Here: this board's own latencies, measured on models that are written for it, and kept.

A kernel's time does not depend on what the weights are, so nothing is downloaded: the model is
written with random weights, timed, and deleted.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from edgeinfer.engines import litert
from edgeinfer.errors import EngineError
from edgeinfer.model import skeletons, weights
from edgeinfer.model.published import Published, published
from edgeinfer.tools import board
from edgeinfer.tools.latencies import Latency
from edgeinfer.tools.machine import Machine
from edgeinfer.tools.timing import interleaved, warm_up
from edgeinfer.tools.trial import Trial

TimeRow = Callable[[Published, int], float]
"""(row, threads) -> milliseconds for one picture."""

_MOST_S = 1.0  # a model, after its warm-up
_LEAST_RUNS, _MOST_RUNS = 5, 200


def time_row(row: Published, threads: int) -> float:
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
        return median(interleaved([time_ms], runs)[0])


class Here:
    """This board. What is measured once is kept per board, runtime and number of threads.

    Raises: EngineError: no interpreter is installed.
    """

    def __init__(
        self,
        threads: int | None = None,
        measure: TimeRow = time_row,
        machine: Machine | None = None,
        folder: Path | None = None,
    ) -> None:
        self.threads = litert.thread_count(threads)
        self.name = board.name(machine or Machine())
        self._measure = measure
        self._runtime = litert.runtime_name()
        words = f"{self.name}-{self._runtime}-{self.threads}-threads"
        self._file = (folder or kept_folder()) / f"{board.slug(words)}.json"
        self._kept = _load(self._file)
        self._writable = True

    def notes(self) -> tuple[str, ...]:
        threads = f"{self.threads} thread{'' if self.threads == 1 else 's'}"
        kept = "kept in" if self._writable else "could not be kept in"
        return (
            f"measured here with {self._runtime}, {threads}, on models with random weights",
            f"{kept} {self._file}; delete it to measure again",
            "8 bits are uint8, as published; edgeinfer optimize makes int8 of it, often faster",
            "≈ is not measured here: estimated from the rate of a family that is built alike",
        )

    def runs(self, row: Published) -> bool:
        return not row.edgetpu

    def at_hand(self, row: Published) -> Latency | None:
        if _is_written(row):
            ms = self._kept.get(_key(row))
            return Latency(ms, "measured", "measured here") if ms else None
        anchor = _anchor(row)
        ms = self._kept.get(_key(anchor)) if anchor else None
        return _estimate(row, anchor, ms) if anchor and ms else None

    def of(self, row: Published) -> Latency | None:
        found = self.at_hand(row)
        if found:
            return found
        timed = row if _is_written(row) else _anchor(row)
        if timed is None:
            return None
        self._kept[_key(timed)] = self._measure(timed, self.threads)
        self._keep()
        return self.at_hand(row)

    def unknown(self, row: Published) -> str:
        if _is_written(row) or _anchor(row):
            return "not measured"
        return "cannot be measured here"

    def _keep(self) -> None:
        """After each model: what an impatient person interrupts is not lost."""
        part = self._file.with_name(f".{self._file.name}.{os.getpid()}.part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(self._kept, indent=2) + "\n", encoding="utf-8")
            part.replace(self._file)
        except OSError:  # then it is measured again the next time, and notes() says so
            self._writable = False


def kept_folder() -> Path:
    """Beside the models that are pulled."""
    return weights.own_folder().parent / "bench" / "plan"


def _load(file: Path) -> dict[str, float]:
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): float(ms) for key, ms in table.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}  # nothing there yet, or nothing that helps: it is measured again


def _key(row: Published) -> str:
    return f"{row.name} {row.dtype}"


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


def _estimate(row: Published, anchor: Published, anchor_ms: float) -> Latency:
    ratio = (row.macs or 0) / (anchor.macs or 1)
    return Latency(anchor_ms * ratio, "estimated", f"at the rate of {anchor.name}, not measured")
