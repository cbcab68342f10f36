"""Brake: a ceiling of the duty that is cut sharply while something is wrong, and lifted slowly."""

from __future__ import annotations

from dataclasses import dataclass, replace

FREE = 1.0
"""A duty of one or more holds nobody back."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How hard, how far, how often and how long.

    `cut`: what is left of the duty after a cut; `least`: where cutting ends; `pause_s`: between two
    cuts; `lift_s`: from nothing to free.
    """

    cut: float
    least: float
    pause_s: float
    lift_s: float


# A supply that sags may reset the board at any moment: half at once, and down to little.
POWER = Kind(cut=0.5, least=0.1, pause_s=3.0, lift_s=120.0)
# The firmware brakes on its own; more than half would cost more than its brake does.
FIRMWARE = Kind(cut=0.7, least=0.5, pause_s=10.0, lift_s=600.0)


@dataclass(frozen=True, slots=True)
class Brake:
    duty: float = FREE
    cut_s: float = float("-inf")


def press(kind: Kind, brake: Brake, duty: float, now_s: float) -> Brake:
    """Cut from what is in use, at once and again after each pause."""
    if now_s - brake.cut_s < kind.pause_s:
        return brake
    return Brake(max(min(brake.duty, duty) * kind.cut, kind.least), now_s)


def lift(kind: Kind, brake: Brake, seconds: float) -> Brake:
    return replace(brake, duty=min(FREE, brake.duty + seconds / kind.lift_s))
