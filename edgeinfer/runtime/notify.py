"""sd_notify: what systemd is told, over the socket that it names in the environment."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from time import monotonic, monotonic_ns


class Notifier:
    """Sends nothing where no systemd listens."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address

    @property
    def supervised(self) -> bool:
        """Somebody watches, who starts the service anew when it ends."""
        return bool(self._address)

    @property
    def watchdog_s(self) -> float | None:
        """How often systemd wants to hear from us; None: it does not."""
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        mine = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        return int(microseconds) / 1e6 if microseconds.isdigit() and mine else None

    def ready(self) -> None:
        self._send("READY=1")

    def alive(self, status: str) -> None:
        self._send(f"WATCHDOG=1\nSTATUS={status}")

    def reloading(self) -> None:
        """It ends only to begin again at once, in the same process; `ready` ends this."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={monotonic_ns() // 1000}\nWATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, words: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.settimeout(1.0)
                sock.sendto(words.encode(), self._address)
        except OSError:
            # A systemd that does not listen just now must not end the service.
            return


class Watchdog:
    """Tells systemd that we are alive, but only while frames flow.

    Flow is results; while the scheduler makes frames wait on purpose, it is captured frames; while
    a source that was lost is being reopened, and says so, it is the tries. A sink that does not
    return from a call is no flow, whatever the others do.
    """

    def __init__(self, notifier: Notifier, clock: Callable[[], float] = monotonic) -> None:
        watchdog_s = notifier.watchdog_s
        self.interval_s = watchdog_s / 2 if watchdog_s else None
        self._notifier = notifier
        self._clock = clock
        self._ticked_s = float("-inf")
        self._results = self._frames = self._tries = 0

    @property
    def due(self) -> bool:
        """It is time for the next tick; never where nobody watches."""
        return bool(self.interval_s) and self._clock() - self._ticked_s >= (self.interval_s or 0)

    def tick(
        self, results: int, frames: int, tries: int, *, waiting: bool, stuck: bool = False
    ) -> None:
        self._ticked_s = self._clock()
        flows = results > self._results or (waiting and results > 0 and frames > self._frames)
        flows = flows or tries > self._tries
        self._results, self._frames, self._tries = results, frames, tries
        if flows and not stuck and self.interval_s:
            self._notifier.alive(f"{results} results from {frames} frames")
