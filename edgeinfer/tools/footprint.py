"""Footprint: what a model takes of memory, measured in a process of its own.

A file that crashes the interpreter ends that process, and not the asker.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from edgeinfer.errors import EdgeinferError, ModelError

_RUNS = 3
_MOST_S = 300.0


@dataclass(frozen=True, slots=True)
class Footprint:
    """What the process holds in RAM: before the model is loaded, after, and at its highest.

    The first is Python, numpy and the interpreter.
    """

    before_load_bytes: int
    after_load_bytes: int
    peak_bytes: int


def footprint(
    path: Path, threads: int | None = None, delegate: str | None = None
) -> Footprint | None:
    """None where the model cannot be loaded in a way that loading it here would say better.

    Raises: ModelError: the interpreter crashed or hung on the file.
    """
    arguments = [str(path), str(threads or 0), delegate or ""]
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, *arguments],
            capture_output=True,
            timeout=_MOST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{path}: three runs took more than {_MOST_S:.0f} s") from error
    if done.returncode < 0:
        raise ModelError(
            f"{path}: crashed the interpreter ({signal.Signals(-done.returncode).name}); "
            "it is damaged, pull or copy it again"
        )
    return Footprint(**json.loads(done.stdout)) if done.returncode == 0 else None


def resident_bytes(peak: bool = False) -> int:
    """VmRSS of this process, or VmHWM, its highest; getrusage's peak would count the parent's."""
    name = "VmHWM:" if peak else "VmRSS:"
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


def _measure(path: Path, threads: int | None, delegate: str | None) -> Footprint:
    from edgeinfer.engines.litert import runtime_name
    from edgeinfer.tools.trial import Trial

    runtime_name()  # imports the interpreter
    before_bytes = resident_bytes()
    trial = Trial(path, threads, delegate, probed=False)  # this process may crash
    after_bytes = resident_bytes()
    for _ in range(_RUNS - 1):
        trial.time_ms()
    return Footprint(before_bytes, after_bytes, resident_bytes(peak=True))


def _main() -> None:
    path, threads, delegate = sys.argv[1:]
    try:
        print(json.dumps(asdict(_measure(Path(path), int(threads) or None, delegate or None))))  # noqa: T201
    except EdgeinferError:
        sys.exit(1)


if __name__ == "__main__":
    _main()
