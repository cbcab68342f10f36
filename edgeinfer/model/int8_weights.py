"""uint8 weights as symmetric int8: unchanged wherever they fit, rescaled only where they do not.

uint8 weights have a zero point, and int8 weights have none, so the same numbers reach from -127 to
127 instead of, say, -140 to 115. In trained MobileNets 98 to 99 % of the channels fit as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

GREATEST = 127
"""Of an int8 weight; -128 is left out so that the range is symmetric."""

Codes = NDArray[np.integer[Any]]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Symmetric:
    """`factors` has one number a channel: the new scale divided by the old; 1.0: nothing lost."""

    codes: NDArray[np.int8]
    factors: Reals

    @property
    def rescaled(self) -> int:
        """How many channels lost something."""
        return int(np.count_nonzero(self.factors != 1.0))


def symmetric(codes: Codes, zero_point: int, axis: int) -> Symmetric:
    """The channels lie along `axis`.

    One that does not fit is scaled until its greatest weight does. To cut off instead what is too
    much costs a third of the top-1 agreement, and the least squared error between the two gains
    nothing (five classifiers, 281 pictures).
    """
    centred = codes.astype(np.int32) - zero_point
    others = tuple(other for other in range(centred.ndim) if other != axis)
    peaks = np.abs(centred).max(axis=others, keepdims=True, initial=0)
    factors = np.maximum(1.0, peaks / GREATEST)
    return Symmetric(np.rint(centred / factors).astype(np.int8), factors.ravel())


def rescaled_bias(bias: Codes, factors: Reals) -> NDArray[np.int32]:
    """A bias has the scale of the products that it is added to."""
    return np.rint(bias / factors).astype(np.int32)
