"""WallClock: can the wall time be believed, and what was it really, once it is set.

A board without a battery starts with the time of its last shutdown, and gets the right one from the
network some seconds or hours later. Until then its events carry a wrong time.

Wall time is an offset added to the time since boot, and both run at the same rate: NTP steers both.
So the offset changes only when somebody sets the clock, and an event that was made before can be
corrected by the difference, as long as the boot is the same.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edgeinfer.core.results import Event

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # more than any `struct timex`: 208 on 64 bits (linux/timex.h)
_RTC_AGREES_S = 60  # a clock that was set from it drifts by seconds a day; another differs by years


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which clock an event got its time.

    `made_ns` is the wall time at which it was made, None if nothing vouched for that. Then `boot`
    is the boot in which it was made and `offset_ns` wall time less time since boot. An empty
    `boot`: its time stands as it is.
    """

    made_ns: int | None
    boot: str = ""
    offset_ns: int = 0


def kernel_state() -> int:
    """What adjtimex(2) answers to a question that changes nothing; needs no right. -1: refused."""
    nothing_to_change = ctypes.create_string_buffer(_TIMEX_BYTES)
    return int(ctypes.CDLL(None).adjtimex(nothing_to_change))


class WallClock:
    """`root` is where the file system begins; the others are the clocks, for tests."""

    def __init__(
        self,
        root: Path = Path("/"),
        *,
        kernel_state: Callable[[], int] = kernel_state,
        wall_ns: Callable[[], int] = time.time_ns,
        since_boot_ns: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME),
    ) -> None:
        self._kernel_state = kernel_state
        self._wall_ns = wall_ns
        self._since_boot_ns = since_boot_ns  # BOOTTIME, for it goes on while the machine sleeps
        self._flag = root / "run/systemd/timesync/synchronized"
        self._boot = _text(root / "proc/sys/kernel/random/boot_id")
        self._set = self._agrees(_text(root / "sys/class/rtc/rtc0/since_epoch"))

    @property
    def is_set(self) -> bool:
        """Something vouches for the wall time, or has done so since this process started.

        That is the kernel's word, which any NTP client gives it; the file of systemd-timesyncd,
        for the kernel takes its word back after hours without a network, though the time is still
        right to seconds; or at the start a clock with a battery that says the same. A plausible
        year is no sign: systemd and fake-hwclock start from the time of the last shutdown.
        """
        self._set = self._set or self._flag.exists() or 0 <= self._kernel_state() < _TIME_ERROR
        return self._set

    def stamp(self, *, live: bool) -> Stamp:
        """Of an event that is made just now; a clip's has the clip's own time, which stands."""
        if self.is_set:
            return Stamp(self._wall_ns())
        if not live:
            return Stamp(None)
        return Stamp(None, self._boot, self._offset_ns())

    def corrected(self, event: Event, stamp: Stamp) -> Event:
        """The event with its real time; or marked, where that cannot be known (yet)."""
        if not stamp.boot:
            return event
        if stamp.boot != self._boot or not self.is_set:
            return replace(event, time_uncertain=True)
        frame = event.result.frame
        wall_ns = frame.wall_ns + self._offset_ns() - stamp.offset_ns
        result = replace(event.result, frame=replace(frame, wall_ns=wall_ns))
        return replace(event, result=result, time_uncertain=False)

    def age_s(self, stamp: Stamp) -> float:
        """How old an event with that stamp is; 0: it cannot be known."""
        if stamp.made_ns is None or not self.is_set:
            return 0.0
        return (self._wall_ns() - stamp.made_ns) / 1e9

    def _offset_ns(self) -> int:
        return self._wall_ns() - self._since_boot_ns()

    def _agrees(self, rtc_s: str) -> bool:
        return rtc_s.isdigit() and abs(int(rtc_s) - self._wall_ns() / 1e9) < _RTC_AGREES_S


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
