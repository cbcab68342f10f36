"""Delegates in C, which misbehave or stand in for a device; compiled when a test wants one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent


def compiled(name: str, folder: Path) -> str:
    """The library made of `name`.c, in this folder; or one that EDGEINFER_DELEGATES has already."""
    made = os.environ.get("EDGEINFER_DELEGATES")
    if made:
        return str(Path(made) / f"lib{name}.so")
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: install gcc to build the delegates")
    library = folder / f"lib{name}.so"
    command: list[str | Path] = [compiler, "-shared", "-fPIC", "-o", library, SOURCES / f"{name}.c"]
    subprocess.run(command, check=True)
    return str(library)
