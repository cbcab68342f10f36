"""Apex: the temperatures of Edge TPUs on PCIe. Those on USB have no sensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from edgeinfer.core.results import Reading
from edgeinfer.sensors.kernel_files import Kept, ending, numbered, temperature_c


class ApexSensor:
    """One reading in "c" for each chip, as in "edgetpu-0".

    A chip that has died says -88 °C or so (google-coral/edgetpu issue 843): that is no reading.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`root` is where the file system begins."""

        root: Path = Path("/")

    def __init__(self, options: Options) -> None:
        self._root = options.root
        self._chips = Kept(self._find)

    def read(self) -> Sequence[Reading]:
        values = ((name, temperature_c(file)) for name, file in self._chips.get())
        return [Reading(name, v, "c", monotonic_ns()) for name, v in values if v is not None]

    def _find(self) -> tuple[tuple[str, Path], ...]:
        chips = numbered(self._root, "sys/class/apex/apex_*")
        return tuple((f"edgetpu-{ending(chip.name)}", chip / "temp") for chip in chips)
