"""Board: what a measurement says of the machine that it was made on, and of its state meanwhile."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence

from edgeinfer.core.results import Reading
from edgeinfer.sensors.clock import ClockSensor
from edgeinfer.sensors.readings import hottest_c
from edgeinfer.sensors.thermal import ThermalSensor
from edgeinfer.sensors.throttling import ThrottlingSensor
from edgeinfer.tools.machine import Machine

_WORDS = {
    "under_voltage": "under-voltage",
    "capped": "clock capped",
    "throttled": "throttled",
    "soft_limit": "soft temperature limit",
}


def name(machine: Machine) -> str:
    """The board's name; the processor's on a machine that has none."""
    processor = machine.find("proc/cpuinfo", r"^model name\s*: *(.+)")
    return machine.board or processor.strip() or platform.machine()


def slug(text: str) -> str:
    """As part of a file's name: "Raspberry Pi 5 Model B" as raspberry-pi-5-model-b."""
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-.")


def temperature_c(machine: Machine) -> float | None:
    """The hottest zone."""
    return hottest_c(ThermalSensor(ThermalSensor.Options(machine.root)).read())


def clock_mhz(machine: Machine) -> float | None:
    """The fastest core's, now. A virtual machine has none."""
    readings = ClockSensor(ClockSensor.Options(machine.root)).read()
    return next((reading.value for reading in readings if reading.name == "clock_mhz"), None)


def throttling(machine: Machine) -> tuple[str, ...] | None:
    """What the Raspberry Pi's firmware holds back at this moment; None: nothing can be asked."""
    return slowdowns(ThrottlingSensor(ThrottlingSensor.Options(machine.root)).read())


def slowdowns(readings: Sequence[Reading]) -> tuple[str, ...] | None:
    """In words; None where the firmware's flags are not known, at most those of the supply."""
    flags = {reading.name: reading.value for reading in readings if reading.unit == "flag"}
    if not flags.keys() >= _WORDS.keys():
        return None
    return tuple(word for name, word in _WORDS.items() if flags[name])
