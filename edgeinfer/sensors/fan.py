"""Fan: how fast it turns, from hwmon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from edgeinfer.core.results import Reading
from edgeinfer.sensors.kernel_files import Kept, number, numbered, text

_MOST_RPM = 100_000  # the fastest of small fans make 30 000 in a minute


class FanSensor:
    """Readings "fan_rpm", "fan_rpm-1" and so on; the Raspberry Pi 5's own stands first.

    0 is a reading: the fan of a Raspberry Pi 5 stands still below 50 °C.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`root` is where the file system begins."""

        root: Path = Path("/")

    def __init__(self, options: Options) -> None:
        self._root = options.root
        self._fans = Kept(self._find)

    def read(self) -> Sequence[Reading]:
        values = ((name, number(file, 0, _MOST_RPM)) for name, file in self._fans.get())
        return [
            Reading(name, rpm, "rpm", monotonic_ns()) for name, rpm in values if rpm is not None
        ]

    def _find(self) -> tuple[tuple[str, Path], ...]:
        chips = numbered(self._root, "sys/class/hwmon/hwmon*")
        own_first = sorted(chips, key=lambda chip: text(chip / "name") != "pwmfan")
        files = [file for chip in own_first for file in sorted(chip.glob("fan*_input"))]
        return tuple((f"fan_rpm-{i}" if i else "fan_rpm", file) for i, file in enumerate(files))
