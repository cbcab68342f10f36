"""A root whose changes are thrown away, or kept as a layer that the next one is laid over."""
# ruff: noqa: INP001

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PIP_CERT": str(_CERTIFICATES),
    # A Pi 4's. The emulator's own checks pointers, which costs Python 3.13 most of its time.
    "QEMU_CPU": "cortex-a72",
}


@contextmanager
def layered(place: Path, lower: Sequence[Path], keep: Path | None = None) -> Iterator[Path]:
    """The root, at `place`/merged, over the first of `lower`, which lies over the next one.

    What is changed in it becomes the layer `keep`, if all went well, or is thrown away.
    """
    merged = place / "merged"
    _unmount(merged)
    shutil.rmtree(place, ignore_errors=True)
    for part in ("merged", "changed", "work"):
        (place / part).mkdir(parents=True)
    layers = f"lowerdir={':'.join(map(str, lower))},upperdir={place}/changed,workdir={place}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, merged], check=True)
    try:
        yield merged
        _unmount(merged)
        if keep:
            shutil.rmtree(keep, ignore_errors=True)
            (place / "changed").rename(keep)
    finally:
        _unmount(merged)
        shutil.rmtree(place)


def _unmount(merged: Path) -> None:
    for path in (merged / "dev", merged / "proc", merged):
        if os.path.ismount(path):
            subprocess.run(["umount", path], check=True)


@contextmanager
def entered(root: Path) -> Iterator[None]:
    """With /proc and /dev. Not /sys: the emulated cpuinfo crashes on that of another processor."""
    shutil.copy(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
    for name in ("proc", "dev"):
        subprocess.run(["mount", "--bind", f"/{name}", root / name], check=True)
    try:
        yield
    finally:
        for name in ("dev", "proc"):
            subprocess.run(["umount", root / name], check=True)


def inside(root: Path, command: str, given: bytes = b"") -> None:
    """By its shell, as root."""
    chroot = ["chroot", str(root), "sh", "-ec", command]
    subprocess.run(chroot, env=_ENVIRONMENT, input=given, check=True)
