"""What every benchmark's result says of its machine, its day and its command, and its two files."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any


def machine() -> dict[str, str]:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("model name", "Model"))
    ]
    packages = ("ai-edge-litert", "opencv-python-headless", "numpy", "edgeinfer")
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def provenance() -> dict[str, Any]:
    """The keys that each report begins with."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(["python", *sys.argv]),
        "machine": machine(),
    }


def footer(report: dict[str, Any]) -> list[str]:
    """The last lines of each table."""
    facts = ", ".join(f"{key} {value}" for key, value in report["machine"].items())
    return ["", facts, "", f"`{report['command']}`, {report['date']}"]


def write(out: Path | None, report: dict[str, Any], table: str) -> None:
    """OUT.json and OUT.md, where they are asked for."""
    if out:
        out.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
        out.with_suffix(".md").write_text(table + "\n")
