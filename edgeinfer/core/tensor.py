"""What a model's tensors look like, and what a decoder is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output. A real value is `scale * (q - zero_point)`; scale 0.0: not quantized."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    scale: float = 0.0
    zero_point: int = 0

    def real(self, values: Array) -> NDArray[np.float32]:
        """Values of this tensor as real numbers."""
        if self.scale == 0.0:
            return values.astype(np.float32, copy=False)
        return (values.astype(np.float32) - self.zero_point) * np.float32(self.scale)


@dataclass(frozen=True, slots=True)
class Head:
    """All that a decoder is told, once: its tensors, its words, and what to leave out.

    `roles` says which output plays which part (`{"boxes": 0, "scores": 2}`), empty where neither
    card nor signature says so. `label_scores` are thresholds that differ from `min_score`. An empty
    `allow` allows every label; `deny` wins over it. `prior` says how much more often than in the
    training pictures a label is here (0.01: a hundredth); scores are weighed by it before they are
    compared with a threshold.
    """

    outputs: tuple[TensorSpec, ...]
    labels: tuple[str, ...]
    roles: Mapping[str, int] = field(default_factory=dict)
    min_score: float = 0.5
    label_scores: Mapping[str, float] = field(default_factory=dict)
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    prior: Mapping[str, float] = field(default_factory=dict)

    def thresholds(self) -> NDArray[np.float32]:
        """(len(labels),) float32: the least score of each label; infinity for one left out."""
        return np.array([self._threshold(label) for label in self.labels], dtype=np.float32)

    def weights(self) -> NDArray[np.float32]:
        """(len(labels),) float32: the factor of each label's odds, 1 where nothing is known."""
        return np.array([self.prior.get(label, 1.0) for label in self.labels], dtype=np.float32)

    def _threshold(self, label: str) -> float:
        if label in self.deny or (self.allow and label not in self.allow):
            return float("inf")
        return self.label_scores.get(label, self.min_score)
