"""Trial: a model loaded and run once, in a process of its own that may crash, hang or starve.

`python -m edgeinfer.engines.trial` is what `probe` starts. Its task is read from standard input, as
JSON. What became of it goes to standard output, a JSON value a line: `loading`, `running`, then
`{"passed": …}` or `{"refused": …}`; where it ends before that, the last line tells how far it came.
What the libraries say goes to standard error.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from edgeinfer.errors import EngineError, ModelError

# Of addresses, beside the machine's memory for the model: interpreter and delegate with their
# threads' stacks and arenas. 61 MB were measured for the interpreter alone.
_LIBRARY_BYTES = 1 << 30
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4  # linux/prctl.h

Report = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Task:
    """What is tried: `engine` is its class as "module:name", the rest are its arguments."""

    engine: str
    path: str
    delegate: str | None = None
    delegate_options: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def main() -> None:
    # Arguments can be read by everybody on the machine; a delegate's options may be secret.
    task, parent, limit_s = Task(**json.load(sys.stdin)), int(sys.argv[1]), float(sys.argv[2])
    report = _reporter()
    _confine(parent, limit_s)
    # Debug logging also keeps the engine from hiding what the libraries say: the asker reads it.
    logging.getLogger("edgeinfer").setLevel(logging.DEBUG)
    try:
        _try(task, report)
    except (ModelError, EngineError) as error:
        report({"refused": [type(error).__name__, str(error)]})
    except MemoryError:
        report({"refused": ["ModelError", out_of_memory(task.path)]})
    # Not the way of Python's own ending, which is slow and which a library may hang in.
    os._exit(0)


def out_of_memory(path: str | Path) -> str:
    return f"{path}: asks for more memory than this machine has; is the file damaged?"


def _try(task: Task, report: Report) -> None:
    import numpy as np

    module, _, name = task.engine.partition(":")
    kind = getattr(import_module(module), name)
    _limit(resource.RLIMIT_AS, _own_bytes() + _machine_bytes() + _LIBRARY_BYTES)
    report("loading")
    engine = kind(Path(task.path), 1, task.delegate, dict(task.delegate_options), **task.more)
    report("running")
    engine.run(np.zeros(engine.input.shape, engine.input.dtype))
    report({"passed": _libraries()})
    del engine  # a device is to be left as a good program leaves it


def _reporter() -> Report:
    """Writes to what was standard output, which from now on is standard error."""
    kept = os.dup(1)
    os.dup2(2, 1)

    def report(value: Any) -> None:
        os.write(kept, json.dumps(value).encode() + b"\n")

    return report


def _libraries() -> list[str]:
    """Every file that this process has mapped as code."""
    lines = Path("/proc/self/maps").read_text("utf-8", "surrogateescape").splitlines()
    mapped = (line.split(maxsplit=5) for line in lines)
    return sorted({parts[5] for parts in mapped if "x" in parts[1] and parts[-1][0] == "/"})


def _confine(parent: int, limit_s: float) -> None:
    """No life after the asker's, no core dump, no end of time; and the first to go for memory."""
    with suppress(OSError):  # a container may forbid it; it is a help to the others, no more
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    prctl(_PR_SET_DUMPABLE, 0)  # a core_pattern with a pipe does not ask RLIMIT_CORE
    if os.getppid() != parent:
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_CPU, int(limit_s * (os.cpu_count() or 1)) + 1)


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, hard))


def _own_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _machine_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * resource.getpagesize()


if __name__ == "__main__":
    main()
