"""Flash: the boot partition of a freshly written card. It is read here, and nothing is written."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeinfer.errors import ConfigError, StoreError

LEDGER = "edgeinfer-flash.json"
"""What was written, and what was there before: in the root of the partition, for --undo."""

FOLDER = "edgeinfer"
"""All that is ours alone lies in it."""

How = Literal["cloud-init", "firstrun"]
"""The way in which the image takes its settings at the first start."""

# Bookworm and the first trixie run firstrun.sh, later ones have cloud-init with its files in place:
# https://github.com/raspberrypi/rpi-imager/blob/main/doc/os_customisation_formats.md
# The firmware takes the kernel from the first two, on a 64-bit system; a 32-bit one has these, too.
_KERNELS = ("kernel8.img", "kernel_2712.img")
_KERNELS_32 = ("kernel7.img", "kernel7l.img")
# Raspberry Pi OS's own user-data has these as comments only.
_CUSTOMISED = re.compile(r"^(users|hostname|runcmd|write_files|packages)\s*:", re.MULTILINE)
_OWN_BOOT = Path("/boot/firmware")
_MARGIN_BYTES = 1 << 20  # folders and the file system's own tables


@dataclass(frozen=True, slots=True)
class Card:
    boot: Path
    how: How


def look(boot: Path) -> Card:
    """What kind of card it is.

    Raises: ConfigError: it is no boot partition of Raspberry Pi OS, 64-bit. StoreError: it is one,
    but not a fresh one.
    """
    _check_folder(boot)
    _check_raspberry_pi(boot)
    how: How = "cloud-init" if (boot / "user-data").exists() else "firstrun"
    _check_fresh(boot)
    return Card(boot, how)


def _check_folder(boot: Path) -> None:
    try:
        mode = boot.stat().st_mode
    except OSError as error:
        raise ConfigError(f"--boot {boot}: {(error.strerror or str(error)).lower()}") from error
    if stat.S_ISBLK(mode):
        hint = "this command writes files alone; mount its first partition and name the folder"
        raise ConfigError(f"--boot {boot}: is a device; {hint}")
    if not stat.S_ISDIR(mode):
        raise ConfigError(f"--boot {boot}: is no folder; name where the card's bootfs is mounted")
    if _OWN_BOOT.exists() and boot.samefile(_OWN_BOOT):
        hint = "put the card into another machine, or run deploy/install.sh here"
        raise ConfigError(f"--boot {boot}: is what this machine itself started from; {hint}")


def _check_raspberry_pi(boot: Path) -> None:
    missing = [name for name in ("config.txt", "cmdline.txt") if not (boot / name).is_file()]
    if missing or not any((boot / name).is_file() for name in (*_KERNELS, *_KERNELS_32)):
        what = f"no {missing[0]}" if missing else "no kernel"
        hint = "it is the small partition of a card with Raspberry Pi OS, named bootfs"
        raise ConfigError(f"--boot {boot}: has {what}, so it is no boot partition; {hint}")
    if any((boot / name).is_file() for name in _KERNELS_32):
        hint = "the interpreter has no 32-bit build; write the 64-bit one onto the card"
        raise ConfigError(f"--boot {boot}: is of a 32-bit Raspberry Pi OS; {hint}")


def _check_fresh(boot: Path) -> None:
    if (boot / LEDGER).exists():
        raise StoreError(f"{boot}: was written already; take it back first with --undo")
    if (boot / FOLDER).exists():
        raise StoreError(f"{boot}: has been started with edgeinfer already; write the card anew")
    if (boot / "firstrun.sh").exists() or "systemd.run=" in _text(boot / "cmdline.txt"):
        raise StoreError(f"{boot}: has settings of another tool; write the card without any")
    found = _CUSTOMISED.search(_text(boot / "user-data"))
    if found:
        what = f"user-data has {found[1]}, so it is not as it was published"
        raise StoreError(f"{boot}: {what}; write the card anew, without settings of another tool")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def check_room(boot: Path, sizes_bytes: list[int]) -> None:
    """Raises: StoreError: files of these sizes do not fit."""
    room = os.statvfs(boot)
    cluster = room.f_frsize
    needed = _MARGIN_BYTES + sum(-(-size // cluster) * cluster for size in sizes_bytes)
    free = room.f_bavail * cluster
    if needed > free:
        hint = "take fewer models and wheels, or an image with a larger boot partition"
        raise StoreError(f"{boot}: {_mb(free)} free, {_mb(needed)} needed; {hint}")


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
