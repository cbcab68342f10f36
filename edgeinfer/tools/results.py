"""Results: what was measured as JSON, and kept for each board.

They are for people and their programs; `edgeinfer plan` keeps the times of its own models itself.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgeinfer import whole
from edgeinfer.model import weights
from edgeinfer.tools import board
from edgeinfer.tools.bench import Compared, Report
from edgeinfer.tools.peak import Peak
from edgeinfer.tools.profile import Profile
from edgeinfer.tools.sweep import Sweep

Document = dict[str, Any]

_DIGITS = 4
_DIGEST_LENGTH = 8


def document(report: Report) -> Document:
    """None where nothing could be measured, or was not asked for."""
    found: Document = {
        "model": report.model.name,
        "file": report.model.path.name,
        "threads": report.threads,
        "delegate": report.delegate,
        "board": report.board,
        "cores": report.cores,
        "runtime": report.runtime,
        "date": report.date,
        "others_share": report.others_share,
        "invoke_ms": asdict(report.invoke_ms),
        "load_ms": report.load_ms,
        "macs": report.workload.macs,
        "uncounted": report.workload.uncounted,
        "gmacs": report.gmacs,
        "gflops": report.gflops,
        "peak_share": report.peak_share,
        "peak": _known(report.peak),
        "memory": report.memory and asdict(report.memory),
        "thread_sweep": report.sweep and _sweep(report.sweep),
        "sustained": report.sustained and asdict(report.sustained),
        "profile": _known(report.profile),
        "compare": report.compared and _compare(report.compared),
    }
    rounded: Document = _rounded(found)
    return rounded


def folder() -> Path:
    """Beside the pulled weights, a folder for each board."""
    return weights.own_folder().parent / "bench"


def file(report: Report) -> Path:
    """One for each model, runtime, number of threads and delegate; a new result replaces it.

    Two files of one name are two models. Raises: OSError: the model is not there any more.
    """
    delegate = [Path(report.delegate).name] if report.delegate else []
    with report.model.path.open("rb") as model:
        digest = hashlib.file_digest(model, "sha256").hexdigest()[:_DIGEST_LENGTH]
    quick = ["quick"] if report.peak is None else []  # it must not replace the whole result
    parts = [report.model.name, digest, report.runtime, str(report.threads), *delegate, *quick]
    name = "-".join(board.slug(part) for part in parts)
    return folder() / board.slug(report.board) / f"{name}.json"


def write(found: Document, path: Path) -> None:
    """Whole or not at all.

    Raises: OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.write(path, (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode())


def _sweep(found: Sweep) -> Document:
    rows = [{"threads": count, **asdict(times)} for count, times in found.invoke_ms.items()]
    return {"invoke_ms": rows, "recommended": found.recommended, "gain": found.gain}


def _known(found: Profile | Peak | str | None) -> Document | None:
    """Or the reason why not."""
    if found is None:
        return None
    return {"unavailable": found} if isinstance(found, str) else asdict(found)


def _compare(found: Compared) -> Document:
    return {
        "model": found.name,
        "delegate": found.delegate,
        "invoke_ms": asdict(found.invoke_ms),
        "ratio": found.ratio and asdict(found.ratio),
    }


def _rounded(value: Any) -> Any:
    """Nobody measures the tenth of a microsecond."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
