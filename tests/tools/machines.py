"""Trees of files as the kernels of real machines show them; each returns the machine above it."""

from __future__ import annotations

from pathlib import Path

from edgeinfer.tools.machine import Machine

PI_OS = 'PRETTY_NAME="Debian GNU/Linux {number} ({name})"\nVERSION_ID="{number}"\nID=debian\n'
BOOKWORM = PI_OS.format(number=12, name="bookworm")
TRIXIE = PI_OS.format(number=13, name="trixie")


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _memory(total_kb: int, free_kb: int) -> str:
    return f"MemTotal: {total_kb:>15} kB\nMemFree: 12345 kB\nMemAvailable: {free_kb:>11} kB\n"


def _raspberry_pi(root: Path, model: str, os_release: str, memory: str, temp: str) -> None:
    zone = "sys/class/thermal/thermal_zone0"
    write(
        root,
        {
            "proc/device-tree/model": f"{model}\0",
            "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 108.00\nCPU part\t: 0xd0b\n",
            "proc/meminfo": memory,
            "etc/os-release": os_release,
            f"{zone}/type": "cpu-thermal\n",
            f"{zone}/temp": f"{temp}\n",
            "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
            "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n",
            "dev/vcio": "",
        },
    )


def pi_5(root: Path) -> Machine:
    """With the 16 KiB pages of its own kernel, and trixie."""
    memory = _memory(8256384, 7100000)
    _raspberry_pi(root, "Raspberry Pi 5 Model B Rev 1.0", TRIXIE, memory, "52900")
    return Machine(root=root, glibc="2.41", python=(3, 13), page_bytes=16384, year=2026)


def pi_4(root: Path) -> Machine:
    memory = _memory(3884000, 3300000)
    _raspberry_pi(root, "Raspberry Pi 4 Model B Rev 1.4", BOOKWORM, memory, "48312")
    return Machine(root=root, glibc="2.36", python=(3, 11), page_bytes=4096, year=2026)


def zero_2_w(root: Path) -> Machine:
    """Nearly out of memory, hot, on a weak supply, and with a clock that nobody has set."""
    memory = _memory(436336, 98000)
    _raspberry_pi(root, "Raspberry Pi Zero 2 W Rev 1.0", BOOKWORM, memory, "81200")
    write(root, {"sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"})
    return Machine(root=root, glibc="2.36", python=(3, 11), page_bytes=4096, year=1970)


def pc(root: Path) -> Machine:
    cpuinfo = "processor\t: 0\nmodel name\t: AMD Ryzen 5 5600 6-Core Processor\nmodel\t\t: 33\n"
    write(
        root,
        {
            "proc/cpuinfo": cpuinfo * 2,
            "proc/meminfo": _memory(32000000, 24000000),
            "etc/os-release": BOOKWORM,
        },
    )
    return Machine(root=root, glibc="2.36", python=(3, 12), page_bytes=4096, year=2026)


def usb_coral(root: Path, vendor: str, product: str, speed: str) -> None:
    device = "sys/bus/usb/devices/2-1"
    write(
        root,
        {
            "sys/bus/usb/devices/usb2/idVendor": "1d6b\n",
            "sys/bus/usb/devices/usb2/idProduct": "0003\n",
            "sys/bus/usb/devices/usb2/speed": "5000\n",
            f"{device}/idVendor": f"{vendor}\n",
            f"{device}/idProduct": f"{product}\n",
            f"{device}/speed": f"{speed}\n",
        },
    )


def pcie_coral(root: Path, *, driver: bool) -> None:
    device = "sys/bus/pci/devices/0000:01:00.0"
    write(root, {f"{device}/vendor": "0x1ac1\n", f"{device}/device": "0x089a\n"})
    if driver:
        write(root, {"dev/apex_0": ""})
