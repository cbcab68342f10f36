"""Throttling: what the Raspberry Pi's firmware holds back, and whether its supply is too weak."""

from __future__ import annotations

import fcntl
import logging
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic, monotonic_ns

from edgeinfer.core.results import Reading
from edgeinfer.sensors import kernel_files, mailbox
from edgeinfer.sensors.mailbox import Ioctl

_log = logging.getLogger(__name__)

# Bits 0 to 3 say it of now. Those 16 higher say "since boot", but the kernel's rpi_volt driver
# clears them every 2 s (drivers/hwmon/raspberrypi-hwmon.c): a set one is true, a clear one is not.
# https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
_FLAGS = ("under_voltage", "capped", "throttled", "soft_limit")
_SINCE_BOOT = 16
_COMMAND = "get_throttled"
_ANSWER = re.compile(r"throttled=0x([0-9a-fA-F]{1,8})\s*")
_LIMIT_S = 1.0  # for vcgencmd: as long as the kernel itself waits for the firmware
_REST_S = 10.0
"""Of a way that fails after it has answered: each try may take a second, at the others' cost."""


@dataclass(slots=True)
class _Way:
    """How to ask. `ask` raises OSError or ValueError where it fails; `flags` are those it knows."""

    name: str
    ask: Callable[[], int]
    flags: tuple[str, ...] = _FLAGS
    answered: bool = False
    rests_until_s: float = float("-inf")


class ThrottlingSensor:
    """Readings of 1.0 or 0.0 in "flag", now and, with "_seen", ever since the sensor was made.

    The first way that answers counts. One that fails is never tried again, unless it has answered
    before: then it rests for a while. A machine without any gives no reading.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`root` is where the file system begins; vcgencmd is the one below it."""

        root: Path = Path("/")

    def __init__(
        self,
        options: Options,
        ioctl: Ioctl = fcntl.ioctl,
        limit_s: float = _LIMIT_S,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._ways = _ways(options.root, ioctl, limit_s)
        self._clock_s = clock_s
        self._seen = 0
        self._blind = False

    def read(self) -> Sequence[Reading]:
        for way in [way for way in self._ways if self._clock_s() >= way.rests_until_s]:
            try:
                bits = way.ask()
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                _log.debug("throttling: %s does not answer: %s", way.name, error)
                self._failed(way)
            else:
                way.answered = True
                self._see()
                return self._readings(bits, way.flags)
        self._go_blind()
        return ()

    def _failed(self, way: _Way) -> None:
        if way.answered:
            way.rests_until_s = self._clock_s() + _REST_S
        else:
            self._ways.remove(way)

    def _go_blind(self) -> None:
        """Only who has seen can go blind; said once."""
        lost = [way.name for way in self._ways if way.answered]
        if lost and not self._blind:
            self._blind = True
            _log.warning(
                "throttling: %s does not answer any more; throttle and under-voltage are not seen, "
                "and it is asked again every %g s",
                ", ".join(lost),
                _REST_S,
            )

    def _see(self) -> None:
        if self._blind:
            self._blind = False
            _log.info("throttling: there is an answer again")

    def _readings(self, bits: int, flags: Sequence[str]) -> Sequence[Reading]:
        self._seen |= bits | bits >> _SINCE_BOOT
        values = {"": bits, "_seen": self._seen}
        return [
            Reading(name + ending, float(of >> _FLAGS.index(name) & 1), "flag", monotonic_ns())
            for ending, of in values.items()
            for name in flags
        ]


def _ways(root: Path, ioctl: Ioctl, limit_s: float) -> list[_Way]:
    """The best first: sysfs may be 2 s late, and rpi_volt knows of the supply alone."""
    devices = [root / "dev/vcio_gencmd", root / "dev/vcio"]
    command = root / "usr/bin/vcgencmd"
    files = sorted(root.glob("sys/devices/platform/soc*/*firmware/get_throttled"))
    chips = kernel_files.numbered(root, "sys/class/hwmon/hwmon*")
    alarms = [c / "in0_lcrit_alarm" for c in chips if kernel_files.text(c / "name") == "rpi_volt"]
    return [
        *(_Way(str(path), partial(_by_mailbox, path, ioctl)) for path in devices),
        _Way(str(command), partial(_by_command, command, limit_s)),
        *(_Way(str(path), partial(_by_file, path)) for path in files),
        *(_Way(str(path), partial(_by_alarm, path), ("under_voltage",)) for path in alarms),
    ]


def _by_mailbox(device: Path, ioctl: Ioctl) -> int:
    return _bits(mailbox.ask(device, _COMMAND, ioctl))


def _by_command(command: Path, limit_s: float) -> int:
    ran = subprocess.run(
        [command, _COMMAND],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=limit_s,
        check=True,
    )
    return _bits(ran.stdout.decode("ascii", errors="replace"))


def _by_file(path: Path) -> int:
    """Older kernels have it: bare hexadecimal digits."""
    return _bits(f"throttled=0x{kernel_files.text(path)}")


def _by_alarm(path: Path) -> int:
    bit = kernel_files.number(path, 0, 1)
    if bit is None:
        raise ValueError("neither 0 nor 1")
    return bit


def _bits(text: str) -> int:
    found = _ANSWER.fullmatch(text)
    if not found:
        raise ValueError(f"it says {text[:40]!r}")
    return int(found[1], 16)
