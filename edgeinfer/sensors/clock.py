"""Clock: the processor's, now and against its maximum, from cpufreq."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from edgeinfer.core.results import Reading
from edgeinfer.sensors.kernel_files import Kept, number, numbered

_MOST_KHZ = 20_000_000  # no processor comes near; what says more is broken


class ClockSensor:
    """Its "clock_mhz" is that of the fastest group of cores, "clock_share" that of the slowest.

    It is what the kernel asks for: low also when there is nothing to do, and a Raspberry Pi's
    firmware may hold the real one below it. `throttling` asks the firmware.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`root` is where the file system begins."""

        root: Path = Path("/")

    def __init__(self, options: Options) -> None:
        self._root = options.root
        self._groups = Kept(self._find)

    def read(self) -> Sequence[Reading]:
        groups = [(number(now, 1, _MOST_KHZ), most_khz) for now, most_khz in self._groups.get()]
        clocks = [(khz, most_khz) for khz, most_khz in groups if khz is not None]
        if not clocks:
            return ()
        fastest_khz = max(khz for khz, _ in clocks)
        readings = [Reading("clock_mhz", fastest_khz / 1000, "mhz", monotonic_ns())]
        # A processor that is boosted may stand above its maximum.
        shares = [min(khz / most_khz, 1.0) for khz, most_khz in clocks if most_khz is not None]
        if shares:
            readings.append(Reading("clock_share", min(shares), "1", monotonic_ns()))
        return readings

    def _find(self) -> tuple[tuple[Path, int | None], ...]:
        """The file of each group of cores, and its maximum."""
        return tuple(
            (group / "scaling_cur_freq", number(group / "cpuinfo_max_freq", 1, _MOST_KHZ))
            for group in numbered(self._root, "sys/devices/system/cpu/cpufreq/policy*")
        )
