"""Thermal: the temperatures that the kernel knows, from /sys/class/thermal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns

from edgeinfer.core.results import Reading

# A sensor without power reads far below (an Edge TPU -89 °C), a broken one far above; the boards
# shut themselves down long before.
_COLDEST_C = -40.0
_HOTTEST_C = 150.0


class ThermalSensor:
    """One reading in "c" for each thermal zone, by the name of its type, as in "cpu-thermal".

    A zone that cannot be read, or says what cannot be, gives none.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`root` is where the file system begins."""

        root: Path = Path("/")

    def __init__(self, options: Options) -> None:
        self._folder = options.root / "sys/class/thermal"

    def read(self) -> Sequence[Reading]:
        readings: dict[str, Reading] = {}
        for zone in sorted(self._folder.glob("thermal_zone*"), key=_number):
            value_c = _temperature_c(zone)
            if value_c is not None:
                name = _name(zone, readings)
                readings[name] = Reading(name, value_c, "c", monotonic_ns())
        return tuple(readings.values())


def _number(zone: Path) -> int:
    digits = zone.name.removeprefix("thermal_zone")
    return int(digits) if digits.isdecimal() else -1


def _temperature_c(zone: Path) -> float | None:
    """The kernel gives thousandths of a degree; a zone that is switched off answers an error."""
    try:
        value_c = int((zone / "temp").read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None
    return value_c if _COLDEST_C <= value_c <= _HOTTEST_C else None


def _name(zone: Path, taken: dict[str, Reading]) -> str:
    """Its type; two zones of one type are told apart by their numbers."""
    try:
        kind = (zone / "type").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        kind = ""
    name = kind or zone.name
    return f"{name}-{_number(zone)}" if name in taken else name
