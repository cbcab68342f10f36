"""Accelerator: what `edgeinfer check` says of a Coral Edge TPU, by USB or PCIe."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator

from edgeinfer.tools.line import Line, ok, warn
from edgeinfer.tools.machine import Machine

_LIBRARY = "libedgetpu.so.1"
# The ids of the USB accelerator before its first use, when it has no firmware yet, and after it
# (libedgetpu's own udev rule); and that of the PCIe one (pci.ids: Global Unichip, Coral Edge TPU).
_USB = frozenset({("1a6e", "089a"), ("18d1", "9302")})
_PCI = ("0x1ac1", "0x089a")
_USB_3_MBPS = 5000
_SMALL_PAGE_BYTES = 4096


def page_size(machine: Machine) -> Iterator[Line]:
    """A Pi 5 starts with 16 KiB pages, for which the PCIe Coral's driver was not made."""
    shown = f"{machine.page_bytes >> 10} KiB"
    if machine.page_bytes > _SMALL_PAGE_BYTES and _on_pci(machine):
        advice = "add kernel=kernel8.img to /boot/firmware/config.txt and reboot: 4 KiB pages"
        yield warn("page size", f"{shown}: the driver of a Coral on PCIe needs 4 KiB", advice)
    else:
        yield ok("page size", shown)


def accelerator(machine: Machine, loads: Callable[[str], bool] | None = None) -> Iterator[Line]:
    """`loads` tells whether a shared library can be loaded."""
    lines = [*_usb(machine), *_pci(machine)]
    if not lines:
        yield ok("accelerator", "none: the CPU runs the model")
        return
    yield from lines
    if (loads or _loads)(_LIBRARY):
        yield ok("accelerator", f"{_LIBRARY} can be loaded")
    else:
        advice = "install libedgetpu1-std, built for the version of the runtime above"
        yield warn("accelerator", f"{_LIBRARY} cannot be loaded", advice)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _usb(machine: Machine) -> Iterator[Line]:
    for device in sorted((machine.root / "sys/bus/usb/devices").glob("*")):
        ids = tuple(machine.text(str(device / name)) for name in ("idVendor", "idProduct"))
        if ids in _USB:
            yield _usb_line(machine.text(str(device / "speed")))


def _usb_line(speed_mbps: str) -> Line:
    if speed_mbps.isdecimal() and int(speed_mbps) < _USB_3_MBPS:
        what = f"Coral on USB, with no more than USB 2 ({speed_mbps} Mbit/s)"
        advice = "plug it into a USB 3 port (blue) with a USB 3 cable, where the board has one"
        return warn("accelerator", what, advice)
    return ok("accelerator", f"Coral on USB, {speed_mbps or 'unknown'} Mbit/s")


def _pci(machine: Machine) -> Iterator[Line]:
    nodes = [path.name for path in sorted((machine.root / "dev").glob("apex_*"))]
    if nodes:
        yield ok("accelerator", f"Coral on PCIe, /dev/{', /dev/'.join(nodes)}")
    elif _on_pci(machine):
        advice = "install its driver (gasket-dkms) for this kernel, and reboot"
        yield warn("accelerator", "Coral on PCIe, but no /dev/apex_0: it has no driver", advice)


def _on_pci(machine: Machine) -> bool:
    if any((machine.root / "dev").glob("apex_*")):
        return True
    devices = (machine.root / "sys/bus/pci/devices").glob("*")
    return any(
        tuple(machine.text(str(device / name)) for name in ("vendor", "device")) == _PCI
        for device in devices
    )
