"""Machine: what `edgeinfer check` says of the board and its operating system."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from grp import getgrgid
from pathlib import Path

from edgeinfer.sensors.thermal import ThermalSensor
from edgeinfer.sensors.throttling import ThrottlingSensor
from edgeinfer.tools.line import Line, fail, ok, warn

_GLIBC = (2, 34)  # what the shared library of the ai-edge-litert 2.3.0 wheel asks for
_PYTHONS = ((3, 11), (3, 13))  # Raspberry Pi OS bookworm and trixie
_LEAST_FREE_BYTES = 100 << 20  # some twenty of the menu's models, and a log
_LEAST_MEMORY_KB = 150 << 10  # what `edgeinfer run` takes at its peak, with room to spare
_HOT_C = 80.0  # the Raspberry Pi's firmware slows the processor from here on
_FIRST_YEAR = 2025  # a board without a battery starts in the past


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where the questions are asked: the file system under `root`, and facts of the process.

    `state`: the state directory of who asks.
    """

    root: Path = Path("/")
    state: Path | None = None
    word_bits: int = 64 if sys.maxsize > 1 << 32 else 32
    glibc: str = field(default_factory=lambda: platform.libc_ver()[1])
    python: tuple[int, int] = sys.version_info[:2]
    page_bytes: int = field(default_factory=lambda: os.sysconf("SC_PAGESIZE"))
    year: int = field(default_factory=lambda: datetime.now().astimezone().year)

    @property
    def board(self) -> str:
        """The board's name; "" for a machine without a device tree, such as a PC."""
        return self.text("proc/device-tree/model")

    @property
    def is_raspberry_pi(self) -> bool:
        return self.board.startswith("Raspberry Pi")

    def text(self, path: str) -> str:
        """What a file under the root says; "" where there is none."""
        try:
            return (self.root / path).read_text("utf-8", errors="replace").strip("\0 \t\n")
        except OSError:
            return ""

    def find(self, path: str, pattern: str) -> str:
        """The group of a pattern in a file, at the start of a line; "" where there is none."""
        found = re.search(pattern, self.text(path), re.MULTILINE)
        return found[1] if found else ""


def board(machine: Machine) -> Iterator[Line]:
    cpu = machine.find("proc/cpuinfo", r"^model name\s*: *(.+)") or "unknown processor"
    name = machine.board or cpu
    yield ok("board", name if machine.is_raspberry_pi else f"{name} (not a Raspberry Pi)")


def word_size(machine: Machine) -> Iterator[Line]:
    if machine.word_bits == 64:
        yield ok("word size", "64-bit")
    else:
        what = f"{machine.word_bits}-bit: LiteRT has no package for 32-bit systems"
        yield fail("word size", what, "install the 64-bit Raspberry Pi OS, or a 64-bit Python")


def system(machine: Machine) -> Iterator[Line]:
    name = machine.find("etc/os-release", r'^PRETTY_NAME="?([^"\n]+)') or "unknown system"
    parts = tuple(int(part) for part in re.findall(r"\d+", machine.glibc)[:2])
    needed = ".".join(map(str, _GLIBC))
    if parts >= _GLIBC:
        yield ok("system", f"{name}, glibc {machine.glibc}")
    else:
        has = f"glibc {machine.glibc}" if machine.glibc else "no glibc"
        advice = "install Raspberry Pi OS bookworm or newer (64-bit), or Debian 12"
        yield fail("system", f"{name}: {has}, and LiteRT needs {needed} or newer", advice)


def python(machine: Machine) -> Iterator[Line]:
    shown, (first, last) = ".".join(map(str, machine.python)), _PYTHONS
    if first <= machine.python <= last:
        yield ok("python", shown)
    else:
        advice = "make the environment with Python 3.11, 3.12 or 3.13"
        yield warn("python", f"{shown}: edgeinfer is not tested with it", advice)


def memory(machine: Machine) -> Iterator[Line]:
    total, free = (_memory_kb(machine, name) for name in ("MemTotal", "MemAvailable"))
    if total is None or free is None:
        yield warn("memory", "unknown", "look whether /proc/meminfo can be read")
        return
    shown = f"{free // 1024} of {total // 1024} MiB are free"
    if free < _LEAST_MEMORY_KB:
        yield warn("memory", shown, "stop what is not needed, or take a smaller model")
    else:
        yield ok("memory", shown)


def _memory_kb(machine: Machine, name: str) -> int | None:
    found = machine.find("proc/meminfo", rf"^{name}: *(\d+) kB")
    return int(found) if found else None


def temperature(machine: Machine) -> Iterator[Line]:
    readings = ThermalSensor(ThermalSensor.Options(machine.root)).read()
    if not readings:
        advice = "none is needed, but heat cannot be watched; a virtual machine has none"
        yield warn("temperature", "no sensor", advice)
        return
    hottest = max(readings, key=lambda reading: reading.value)
    shown = f"{hottest.value:.0f} °C ({hottest.name})"
    if hottest.value >= _HOT_C:
        yield warn("temperature", shown, "add a heat sink or a fan, or lower limits.max_fps")
    else:
        yield ok("temperature", shown)


def power(machine: Machine) -> Iterator[Line]:
    """A Raspberry Pi alone watches its supply; elsewhere there is no line."""
    flags = _flags(machine)
    advice = "use the board's own power supply, and a short, thick cable"
    if flags.get("under_voltage"):
        yield warn("power", "the supply voltage is too low", advice)
    elif flags.get("under_voltage_seen"):
        yield warn("power", "the supply voltage was too low a while ago", advice)
    elif "under_voltage" in flags:
        yield ok("power", "the supply voltage is right")


def _flags(machine: Machine) -> dict[str, float]:
    readings = ThrottlingSensor(ThrottlingSensor.Options(machine.root)).read()
    return {reading.name: reading.value for reading in readings}


def clock(machine: Machine) -> Iterator[Line]:
    if machine.year >= _FIRST_YEAR:
        yield ok("clock", f"the year is {machine.year}")
    else:
        what = f"the year is {machine.year}: TLS and the times in messages will be wrong"
        yield warn("clock", what, "sudo timedatectl set-ntp true, and check the network")


def space(folder: Path, least_bytes: int = _LEAST_FREE_BYTES) -> Iterator[Line]:
    """Where the models lie; the folder itself need not be there yet."""
    place = next(path for path in (folder, *folder.parents) if path.is_dir())
    free_bytes = shutil.disk_usage(place).free
    shown = f"{free_bytes >> 20} MiB are free for {folder}"
    if free_bytes < least_bytes:
        yield warn("space", shown, "delete what is not needed: models and logs must fit")
    else:
        yield ok("space", shown)


def _may_use(device: Path) -> bool:
    return os.access(device, os.R_OK | os.W_OK)


def rights(machine: Machine, may_use: Callable[[Path], bool] = _may_use) -> Iterator[Line]:
    """Cameras, the Raspberry Pi's firmware and a Coral on PCIe belong to groups."""
    # Where the kernel has a node for commands, the one for everything is root's.
    firmware = "vcio_gencmd" if _devices(machine, "vcio_gencmd") else "vcio"
    devices = [path for name in ("video*", firmware, "apex_*") for path in _devices(machine, name)]
    closed = [device for device in devices if not may_use(device)]
    for group in sorted({_group(device) for device in closed}):
        names = ", ".join(path.name for path in closed if _group(path) == group)
        advice = f'sudo usermod -aG {group} "$USER", then log in again'
        yield warn("rights", f"this user may not open {names}", advice)
    if not closed:
        what = f"this user may open {len(devices)} devices" if devices else "no device needs any"
        yield ok("rights", what)


def _devices(machine: Machine, pattern: str) -> list[Path]:
    return sorted((machine.root / "dev").glob(pattern))


def _group(device: Path) -> str:
    number = device.stat().st_gid
    try:
        return getgrgid(number).gr_name
    except KeyError:
        return str(number)
