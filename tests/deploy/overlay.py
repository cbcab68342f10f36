"""This machine with a layer over it: scripts that change a system are run in it, and nothing stays.

Names, processes and mounts are its own, so a script may rename the host and its people.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

_LAYERS = """
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount -t tmpfs tmpfs "$1/root/run"
mount --bind /dev "$1/root/dev"
mkdir -p "$1/root/boot/firmware"
mount --bind "$2" "$1/root/boot/firmware"
exec chroot "$1/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 bash -c "$3"
"""
_NAMESPACES = ["unshare", "--mount", "--uts", "--net", "--pid", "--fork"]


def layered(folder: Path, boot: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run the bash script with `boot` as /boot/firmware; there is no network in it."""
    place = folder / "layers"
    place.mkdir(exist_ok=True)
    _skip_without(place)
    command = [*_NAMESPACES, "bash", "-c", _LAYERS, "layers", str(place), str(boot), script]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def _skip_without(place: Path) -> None:
    script = _LAYERS.replace("exec chroot", "exit 0 #")
    command = [*_NAMESPACES, "bash", "-c", script, "layers", str(place), str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("layers over this machine need root and overlayfs")
