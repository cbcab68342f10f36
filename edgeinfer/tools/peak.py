"""Peak: the most multiply-accumulates a second that this machine reaches on plain convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edgeinfer.model import cost, skeleton
from edgeinfer.tools.timing import Percentiles, interleaved, warm_up
from edgeinfer.tools.trial import Trial

DTYPES = ("float32", "uint8", "int8")
"""The types of numbers that the synthetic model can be written in."""
_RUNS = 30


@dataclass(frozen=True, slots=True)
class Peak:
    dtype: str
    threads: int
    gmacs: float


def peak(dtype: str, threads: int, runs: int = _RUNS) -> Peak:
    """Measured now, with a model of this program's own that is nothing but convolutions.

    Raises: ModelError: a type that is not one of `DTYPES`.
    """
    with TemporaryDirectory(prefix="edgeinfer-") as folder:
        path = Path(folder) / f"conv_stack_{dtype}.tflite"
        path.write_bytes(skeleton.conv_stack(dtype))
        macs = cost.read(path).macs or 0
        trial = Trial(path, threads)
        warm_up(trial.time_ms)
        (samples_ms,) = interleaved([trial.time_ms], runs)
    return Peak(dtype, trial.threads, gmacs(macs, Percentiles.of(samples_ms).p50))


def gmacs(macs: int, invoke_ms: float) -> float:
    """Thousand million multiply-accumulates a second."""
    return macs / (invoke_ms * 1e6)
