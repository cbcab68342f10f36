"""Thermal: the temperatures that the kernel knows, from /sys/class/thermal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from edgeinfer.core.results import Reading
from edgeinfer.sensors.kernel_files import Kept, ending, numbered, temperature_c, text


class ThermalSensor:
    """One reading in "c" for each thermal zone, by the name of its type, as in "cpu-thermal".

    A zone that cannot be read, or says what cannot be, gives none.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`root` is where the file system begins."""

        root: Path = Path("/")

    def __init__(self, options: Options) -> None:
        self._root = options.root
        self._zones = Kept(self._find)

    def read(self) -> Sequence[Reading]:
        values = ((name, temperature_c(file)) for name, file in self._zones.get())
        return [Reading(name, v, "c", monotonic_ns()) for name, v in values if v is not None]

    def _find(self) -> tuple[tuple[str, Path], ...]:
        """Names and files; two zones of one type are told apart by their numbers.

        A type may itself end like a number of ours: then the zone goes by its own name.
        """
        found: dict[str, Path] = {}
        for zone in numbered(self._root, "sys/class/thermal/thermal_zone*"):
            name = text(zone / "type") or zone.name
            name = f"{name}-{ending(zone.name)}" if name in found else name
            found[zone.name if name in found else name] = zone / "temp"
        return tuple(found.items())
