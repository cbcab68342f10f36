"""Which objects of a drawn picture count, for the training and for the evaluation alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from layout import CLASSES, HEIGHT_PX, WIDTH_PX

from edgeinfer.sources.scenes.scene import Truth

IGNORED = -1
LEAST_VISIBLE = 0.35  # of the object: less is a guess
# In the model's input. A person of 3 x 7 px is a smudge of 21 numbers; people guess there, too.
LEAST_WIDTH_PX, LEAST_HEIGHT_PX = 3.0, 7.0
_LEAST_CUT = 0.35  # of an object that a view cuts off
_WHOLE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Known:
    """One object: `kind` is its class, `corners` top, left, bottom, right in parts of the view.

    To find what does not count is neither a success nor a mistake.
    """

    kind: int
    corners: tuple[float, float, float, float]
    counts: bool


def known(
    truths: Sequence[Truth],
    view: tuple[float, float, float, float] = _WHOLE,
) -> list[Known]:
    """The objects in a part of the picture: top, left, bottom, right."""
    found = []
    for truth in truths:
        corners, kept = _cut(truth, view)
        if kept > 0:
            counts = kept >= _LEAST_CUT and truth.visible_share >= LEAST_VISIBLE and _large(corners)
            found.append(Known(CLASSES.index(truth.label), corners, counts))
    return found


def _cut(
    truth: Truth, view: tuple[float, float, float, float]
) -> tuple[tuple[float, float, float, float], float]:
    """The box inside the view, and how much of it that is."""
    top, left, bottom, right = view
    box = np.array((truth.box.top, truth.box.left, truth.box.bottom, truth.box.right))
    origin, size = np.array((top, left) * 2), np.array((bottom - top, right - left) * 2)
    whole = (box - origin) / size
    inside = np.clip(whole, 0.0, 1.0)
    area, of = np.prod(inside[2:] - inside[:2]), np.prod(whole[2:] - whole[:2])
    a, b, c, d = inside.tolist()
    return (a, b, c, d), float(area / of) if of > 0 else 0.0


def _large(corners: tuple[float, float, float, float]) -> bool:
    top, left, bottom, right = corners
    return (right - left) * WIDTH_PX >= LEAST_WIDTH_PX and (
        bottom - top
    ) * HEIGHT_PX >= LEAST_HEIGHT_PX
