"""The name by which a broker knows one connection: stable over restarts, never used twice at once.

A broker ends the old connection when a new one comes with its client id. That is wanted after a
power cut (the broker then publishes the old will first, so that the new `online` stands), and it
is a fight without end between two programs that run at the same time. So the id is made from the
machine, the device and the broker, and held like a lock: a second program on the same machine finds
it taken and uses the next one.
"""

from __future__ import annotations

import hmac
import socket
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Self

MACHINE_ID = Path("/etc/machine-id")
MOST = 100
"""Programs of one device name on one machine; any more get a random id."""


class ClientId:
    """While it is entered, `text` belongs to this program alone, on this machine.

    `alone` is False where another program of the same device name was there first.

    At most 23 letters and digits: MQTT 3.1.1 promises no more (MQTT-3.1.3-5).
    """

    def __init__(self, *parts: str, machine_id: Path = MACHINE_ID) -> None:
        self._base = _base(machine_id, parts)
        self._held: socket.socket | None = None
        self.text = ""
        self.alone = True

    def __enter__(self) -> Self:
        for number in range(MOST):
            text = f"{self._base}{number or ''}"
            if self._take(text):
                self.text, self.alone = text, number == 0
                return self
        self.text, self.alone = random_id(), False
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _take(self, text: str) -> bool:
        """An abstract socket is a lock without a file, which ends with its process (unix(7))."""
        held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            held.bind(f"\0edgeinfer-mqtt-{text}")
        except OSError:
            held.close()
            return False
        self._held = held
        return True


def random_id() -> str:
    return f"edgeinfer{token_hex(7)}"


def _base(path: Path, parts: tuple[str, ...]) -> str:
    """The machine id itself is confidential (machine-id(5)): it is the key of a hash."""
    try:
        machine = path.read_bytes().strip()
    except OSError:
        machine = b""
    if not machine or machine == b"uninitialized":
        return f"edgeinfer{token_hex(6)}"
    return "edgeinfer" + hmac.digest(machine, "\0".join(parts).encode(), "sha256").hex()[:12]
