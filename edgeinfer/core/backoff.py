"""Backoff: how long to wait before the next try at what is away."""

from __future__ import annotations

from collections.abc import Callable
from random import random as uniform


class Backoff:
    """Pauses that double from `first_s` to `longest_s`.

    Each is shortened by up to half, by chance, so that a fleet that lost the same broker does not
    come back in step. `random` gives numbers from 0.0 to 1.0.
    """

    def __init__(
        self,
        first_s: float = 1.0,
        longest_s: float = 60.0,
        random: Callable[[], float] = uniform,
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._random = random
        self._pause_s = first_s

    def next_s(self) -> float:
        """The pause to make now; the next one is longer."""
        pause_s = self._pause_s
        self._pause_s = min(pause_s * 2, self._longest_s)
        return pause_s * (1 + self._random()) / 2

    def reset(self) -> None:
        """It worked: the next pause is the first again."""
        self._pause_s = self._first_s
