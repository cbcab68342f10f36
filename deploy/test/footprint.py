"""Where the megabytes of an installation go: each wheel of the venv, each package of the system."""
# ruff: noqa: INP001

from __future__ import annotations

import csv
import re
from pathlib import Path


def of_installation(root: Path, before: Path) -> dict[str, dict[str, float]]:
    """In MB: what each wheel put into the venv, and what each of Debian's new packages takes."""
    release = next((root / "opt/edgeinfer/releases").iterdir())
    site = next(release.glob("lib/python3*/site-packages"))
    wheels = {name: _mb(size) for name, size in sorted(_wheels(site).items(), key=lambda i: -i[1])}
    here, there = (_packages(tree) for tree in (root, before))
    debian = {name: _mb(size) for name, size in here.items() if name not in there}
    whole = sum(path.lstat().st_size for path in release.rglob("*") if path.is_file())
    return {"venv": {"all": _mb(whole)} | wheels, "system": debian}


def _wheels(site: Path) -> dict[str, int]:
    """By each RECORD, with the bytecode that was compiled while it was installed."""
    return {
        record.parent.name.split("-")[0]: sum(
            _size(site / row[0]) for row in csv.reader(record.open())
        )
        for record in site.glob("*.dist-info/RECORD")
    }


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _packages(root: Path) -> dict[str, int]:
    """Bytes by name, as dpkg has them."""
    text = (root / "var/lib/dpkg/status").read_text(encoding="utf-8")
    pairs = re.findall(r"^Package: (\S+)\n(?:.+\n)*?Installed-Size: (\d+)", text, re.MULTILINE)
    return {name: int(size) << 10 for name, size in pairs}


def _mb(size: int) -> float:
    return round(size / 1e6, 2)
