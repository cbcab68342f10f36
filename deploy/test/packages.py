"""What the system's package manager has in a root, and what came to it."""
# ruff: noqa: INP001

from __future__ import annotations

import re
from pathlib import Path


def that_came(root: Path, before: Path) -> dict[str, float]:
    """In MB, as dpkg has them."""
    here, there = _packages(root), _packages(before)
    return {name: round(size / 1e6, 2) for name, size in here.items() if name not in there}


def _packages(root: Path) -> dict[str, int]:
    text = (root / "var/lib/dpkg/status").read_text(encoding="utf-8")
    pairs = re.findall(r"^Package: (\S+)\n(?:.+\n)*?Installed-Size: (\d+)", text, re.MULTILINE)
    return {name: int(size) << 10 for name, size in pairs}
