"""Profile: where the time of a model goes, operator by operator."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from edgeinfer.core.tensor import Array
from edgeinfer.tools import profiler

_WARM_UPS = 10
_RUNS = 30
_MOST_S = 300.0

Run = Sequence[tuple[str, float]]
"""(name, microseconds) of each operator, in the order in which they ran."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operator of the graph as it is run, by the name that LiteRT gives it."""

    name: str
    ms: float


@dataclass(frozen=True, slots=True)
class Kind:
    """All operators of one name: their number, and their time together."""

    name: str
    count: int
    ms: float
    share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """`nodes` in the order in which they run; `operators`, the slowest kind first."""

    nodes: tuple[Node, ...]
    operators: tuple[Kind, ...]


def profile(path: Path, threads: int, tensor: Array, delegate: str | None = None) -> Profile | str:
    """With LiteRT's own profiler; where it cannot be reached, a sentence that says so."""
    library = _library()
    if delegate:
        return f"the profiler sees the CPU alone, and {delegate} runs the model"
    if library is None:
        return "no profiler: it comes with ai-edge-litert, which is not installed"
    runs = _asked(library, path, threads, tensor)
    return runs if isinstance(runs, str) else of(runs) or "the profiler saw no operators"


def of(runs: Sequence[Run]) -> Profile | None:
    """Medians over the runs. Of runs that differ in their operators, the last one's kind count."""
    alike = [run for run in runs if [name for name, _ in run] == [name for name, _ in runs[-1]]]
    nodes = tuple(
        Node(same[0][0], median(us for _, us in same) / 1000) for same in zip(*alike, strict=True)
    )
    return Profile(nodes, _kinds(nodes)) if nodes else None


def _kinds(nodes: Sequence[Node]) -> tuple[Kind, ...]:
    whole_ms = sum(node.ms for node in nodes)
    kinds = []
    for name in {node.name for node in nodes}:
        times_ms = [node.ms for node in nodes if node.name == name]
        share = sum(times_ms) / whole_ms if whole_ms else 0.0
        kinds.append(Kind(name, len(times_ms), sum(times_ms), share))
    return tuple(sorted(kinds, key=lambda kind: (-kind.ms, kind.name)))


def _library() -> Path | None:
    package = find_spec("ai_edge_litert")
    if package is None or package.origin is None:
        return None
    library = Path(package.origin).with_name("libLiteRt.so")
    return library if library.is_file() else None


def _asked(library: Path, path: Path, threads: int, tensor: Array) -> list[Run] | str:
    arguments = [library, path, threads, _WARM_UPS, _RUNS]
    try:
        done = subprocess.run(
            [sys.executable, "-m", profiler.__name__, *map(str, arguments)],
            input=tensor.tobytes(),
            capture_output=True,
            timeout=_MOST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"LiteRT's profiler did not end within {_MOST_S:.0f} s"
    if done.returncode == 0:
        runs: list[Run] = json.loads(done.stdout)
        return runs
    return _reason(done.returncode, done.stderr.decode(errors="replace"))


def _reason(status: int, said: str) -> str:
    """The program's own last line, among those of the library."""
    last = said.strip().rpartition("\n")[2]
    why = f"it was ended by signal {-status}" if status < 0 else last
    return f"LiteRT's profiler cannot be reached for this model with this version: {why}"
