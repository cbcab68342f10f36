"""Mailbox: a command to the Raspberry Pi's firmware, as `vcgencmd` sends it.

The message is that of the property interface:
https://github.com/raspberrypi/firmware/wiki/Mailbox-property-interface
It carries the tag of `vcgencmd` itself, GET_GENCMD_RESULT, and not GET_THROTTLED (0x00030046):
since 2026 the kernel keeps /dev/vcio for root and gives the group `video` /dev/vcio_gencmd, which
lets no other tag through (raspberrypi/linux pull request 7351).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

Ioctl = Callable[[int, int, bytearray], int]

IOCTL_PROPERTY = 0xC0086400
"""_IOWR(100, 0, char *) where a pointer has 8 bytes; the kernel itself gives up after a second:
rpi_firmware_transaction in its drivers/firmware/raspberrypi.c."""
_GET_GENCMD_RESULT = 0x00030080
_SUCCESS = 0x80000000
_TEXT_BYTES = 1024  # as vcgencmd.c in raspberrypi/utils has it, for the command and for the answer
# Size of all, code of the request; tag, size of its value, code; an error's number, text; the end.
_MESSAGE = struct.Struct(f"<2I 3I I{_TEXT_BYTES}s I")


def message(command: str) -> bytearray:
    """Codes are 0 in a request; the tag 0 ends the list."""
    text = command.encode("ascii")
    head = (_MESSAGE.size, 0, _GET_GENCMD_RESULT, _TEXT_BYTES, 0, 0)
    return bytearray(_MESSAGE.pack(*head, text, 0))


def answer(reply: bytes | bytearray) -> str:
    """Raises: OSError: the firmware refused."""
    _, code, _, _, _, error, text, _ = _MESSAGE.unpack(reply)
    if code != _SUCCESS or error:
        raise OSError(f"the firmware answered {code:#x}, error {error:#x}")
    found: bytes = text.partition(b"\0")[0]
    return found.decode("ascii", errors="replace")


def ask(device: Path, command: str, ioctl: Ioctl) -> str:
    """Raises: OSError: no such device, no right to it, or no answer."""
    # The kernel's driver asks for no rights beyond opening it: vcgencmd opens it for reading.
    descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    try:
        buffer = message(command)
        ioctl(descriptor, IOCTL_PROPERTY, buffer)
    finally:
        os.close(descriptor)
    return answer(buffer)
