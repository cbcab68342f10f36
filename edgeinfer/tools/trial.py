"""Trial: a model that is loaded, fed once with random numbers, and ready to be timed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from edgeinfer.core.tensor import Array, TensorSpec
from edgeinfer.engines import probe
from edgeinfer.engines.litert import LitertEngine
from edgeinfer.tools.timing import TimeMs, stopwatch

_SEED = 0


class Trial:
    """Raises: ModelError, EngineError: as `probe.opened`, or the first run failed."""

    def __init__(
        self,
        path: Path,
        threads: int | None = None,
        delegate: str | None = None,
        *,
        probed: bool = True,
    ) -> None:
        if probed:
            probe.check(probe.task(LitertEngine, path, delegate))  # its time is not the model's
        began_s = time.perf_counter()
        engine = LitertEngine(path, threads, delegate)
        self.load_ms = (time.perf_counter() - began_s) * 1000
        self.threads = engine.threads
        self.tensor = random_input(engine.input)
        engine.run(self.tensor)
        self.time_ms: TimeMs = stopwatch(engine.invoke)


def random_input(spec: TensorSpec) -> Array:
    """Within the range of its type: zeros would let a kernel take short cuts.

    Every code of an 8-bit type; reals from -1 to 1, which is what image models take; 0 or 1 of
    any other type, which is an index in whatever table.
    """
    random = np.random.default_rng(_SEED)
    if spec.dtype in (np.uint8, np.int8):
        codes = random.integers(0, 256, spec.shape, np.uint8)
        return codes.view(spec.dtype)
    if np.issubdtype(spec.dtype, np.floating):
        return random.uniform(-1.0, 1.0, spec.shape).astype(spec.dtype)
    return random.integers(0, 2, spec.shape).astype(spec.dtype)
