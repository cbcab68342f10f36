"""Inside: which way that went which fills the picture, by its shifts from frame to frame."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

from edgeinfer.rules.shift import Shift

# Shifts count together if they agree: of five that point anywhere, few do.
_LEAST_SHIFTS = 5
_AGREEMENT = 0.7
# Of two that meet, each is the nearer one for a while or fills the picture alone. A pattern that
# repeats, as windows do, seems to run backwards, too, but not so far at one go.
_RAN = 0.6
_MOST_VELOCITIES = 1000  # enough for a median, whatever the length of the train


@dataclass(slots=True)
class Inside:
    """Distances are in widths of the picture."""

    changes: int = 0
    _rightward: float = 0.0
    _leftward: float = 0.0
    _run: float = 0.0  # to the right, since the last shift that pointed elsewhere
    _longest_right: float = 0.0
    _longest_left: float = 0.0
    _velocities: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_VELOCITIES))

    def add(self, shift: Shift) -> None:
        self.changes += 1
        if shift.x is not None:
            self._move(shift.x)
            self._velocities.append(shift.x / shift.seconds)

    @property
    def x(self) -> float:
        """To the right; 0.0 where too few shifts agree."""
        x, whole = self._rightward - self._leftward, self._rightward + self._leftward
        enough = len(self._velocities) >= _LEAST_SHIFTS
        return x if enough and abs(x) >= _AGREEMENT * whole else 0.0

    @property
    def speed(self) -> float | None:
        """Widths of the picture a second, whichever way; None: it is not sure."""
        x = self.x
        return median(abs(v) for v in self._velocities if v * x > 0) if x else None

    def ran(self, sign: int) -> bool:
        """Far to the right (1) or to the left (-1), at one go."""
        return (self._longest_right if sign > 0 else self._longest_left) >= _RAN

    def _move(self, x: float) -> None:
        self._rightward += max(x, 0.0)
        self._leftward += max(-x, 0.0)
        self._run = x + (self._run if self._run * x > 0 else 0.0)
        self._longest_right = max(self._longest_right, self._run)
        self._longest_left = max(self._longest_left, -self._run)
