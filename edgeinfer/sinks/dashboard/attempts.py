"""Attempts: how often somebody may guess the password."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from math import ceil
from time import monotonic

_WINDOW_S = 60.0
_MOST_OF_ONE = 5
# From however many addresses: a machine that guesses has thousands, a household has one or two.
_MOST_OF_ALL = 30


class Attempts:
    """Five wrong guesses a minute from one address, thirty from all together."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures: deque[tuple[float, str]] = deque(maxlen=_MOST_OF_ALL)

    def wait_s(self, address: str) -> int:
        """How long until the next guess is heard; 0: now."""
        now_s = self._clock()
        while self._failures and now_s - self._failures[0][0] >= _WINDOW_S:
            self._failures.popleft()
        own = [at_s for at_s, who in self._failures if who == _who(address)]
        waits_s = [0.0]
        if len(own) >= _MOST_OF_ONE:
            waits_s.append(own[-_MOST_OF_ONE] + _WINDOW_S - now_s)
        if len(self._failures) >= _MOST_OF_ALL:
            waits_s.append(self._failures[0][0] + _WINDOW_S - now_s)
        return ceil(max(waits_s))

    def failed(self, address: str) -> None:
        self._failures.append((self._clock(), _who(address)))


def _who(address: str) -> str:
    """Of IPv6 the first half: the other is anybody's to choose."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((ip, 64), strict=False)) if ip.version == 6 else address
