"""Board: what a measurement says of the machine that it was made on, and of its state meanwhile."""

from __future__ import annotations

import platform
import re

from edgeinfer.sensors.thermal import ThermalSensor
from edgeinfer.tools.machine import Machine

# What the Raspberry Pi's firmware answers to get_throttled. The bits from 16 on say "since boot",
# but the kernel's own rpi_volt driver clears them, so they tell nothing.
# https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
_FLAGS = ("under-voltage", "clock capped", "throttled", "soft temperature limit")
_THROTTLED = "sys/devices/platform/soc*/*firmware/get_throttled"
_CLOCKS = "sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq"


def name(machine: Machine) -> str:
    """The board's name; the processor's on a machine that has none."""
    processor = machine.find("proc/cpuinfo", r"^model name\s*: *(.+)")
    return machine.board or processor.strip() or platform.machine()


def slug(text: str) -> str:
    """As part of a file's name: "Raspberry Pi 5 Model B" as raspberry-pi-5-model-b."""
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-.")


def temperature_c(machine: Machine) -> float | None:
    """The hottest zone."""
    readings = ThermalSensor(ThermalSensor.Options(machine.root)).read()
    return max((reading.value for reading in readings), default=None)


def clock_mhz(machine: Machine) -> float | None:
    """The fastest core's, now; the kernel gives kHz. A virtual machine has none."""
    texts = [machine.text(str(path)) for path in machine.root.glob(_CLOCKS)]
    return max((int(text) / 1000 for text in texts if text.isdecimal()), default=None)


def throttling(machine: Machine) -> tuple[str, ...] | None:
    """What the Raspberry Pi's firmware holds back at this moment; None: nothing can be asked."""
    for path in machine.root.glob(_THROTTLED):
        try:
            bits = int(machine.text(str(path)), 16)
        except ValueError:
            continue
        return tuple(word for bit, word in enumerate(_FLAGS) if bits >> bit & 1)
    return None
