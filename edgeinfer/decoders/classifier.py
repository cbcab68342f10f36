"""Classifiers: one score for each label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Annotated

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Classification
from edgeinfer.core.tensor import Array, Head, TensorSpec
from edgeinfer.decoders.roles import only_output
from edgeinfer.errors import ModelError


class ClassifierDecoder:
    """The best labels at or above their thresholds, the best first.

    The output is (N,), (1, N) or (1, 1, 1, N), quantized or float.

    Raises: ModelError: it is of another shape, or there are not N labels.
    """

    weighs_labels = True

    @dataclass(frozen=True, slots=True)
    class Options:
        """`softmax`: the scores are logits, and the decoder has to turn them into probabilities."""

        top_k: Annotated[int, Ge(1)] = 5
        softmax: bool = False

    def __init__(self, head: Head, options: Options | None = None) -> None:
        self._options = options or self.Options()
        self._index, self._spec = only_output(head, "scores")
        _check(self._spec, head.labels)
        self._labels = head.labels
        thresholds = head.thresholds()
        self._weights = head.weights() if head.prior else None
        self._is_computed = self._options.softmax or self._weights is not None
        scores = replace(self._spec, scale=0.0) if self._is_computed else self._spec
        self._least = _stored(scores, thresholds)
        self._real = scores.real

    def decode(
        self,
        outputs: Sequence[Array],
        placement: Placement,
    ) -> tuple[Classification, ...]:
        values = outputs[self._index].reshape(-1)
        if self._is_computed:
            values = self._probabilities(self._spec.real(values))
        chosen = np.flatnonzero(np.greater_equal(values, self._least))
        scores = self._real(values[chosen])
        order = np.argsort(-scores, kind="stable")[: self._options.top_k]
        return tuple(
            Classification(self._labels[index], score)
            for index, score in zip(chosen[order].tolist(), scores[order].tolist(), strict=True)
        )

    def _probabilities(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        scores = _softmax(values) if self._options.softmax else values
        return scores if self._weights is None else _weighed(scores, self._weights)


def _stored(spec: TensorSpec, thresholds: NDArray[np.float32]) -> Array:
    """The least number in the tensor that reaches each threshold.

    So a thousand small integers are compared as they are, and only the few chosen become real
    (in float32: subtracting a zero point in the tensor's own 8 bits would wrap around).
    """
    if spec.scale == 0.0:
        return thresholds
    limits = np.iinfo(spec.dtype.name)
    levels = spec.real(np.arange(limits.min, limits.max + 1, dtype=np.int32))
    return np.searchsorted(levels, thresholds).astype(np.int32) + limits.min


def _weighed(scores: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bayes' rule: what one label loses, the others gain by their shares."""
    products = scores * weights
    total: np.float32 = products.sum()
    return products * (scores.sum() / total) if total > 0 else products


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max())  # the greatest becomes 1, so that none overflows
    probabilities: NDArray[np.float32] = powers / powers.sum()
    return probabilities


def _check(spec: TensorSpec, labels: tuple[str, ...]) -> None:
    where = f"output {spec.name!r}"
    if not spec.shape or spec.shape[-1] != prod(spec.shape):
        raise ModelError(f"{where}: shape {spec.shape} is no row of scores; (1, N) is")
    if spec.dtype.kind != "f" and (spec.dtype.itemsize > 2 or spec.scale == 0.0):
        raise ModelError(
            f"{where}: {spec.dtype} without a scale is no score; float32 or quantized is"
        )
    scores = spec.shape[-1]
    if scores != len(labels):
        raise ModelError(f"{where}: {scores} scores but {len(labels)} labels")
