"""A .tflite with trained weights: the operators of a skeleton, the numbers of a network."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from edgeinfer.errors import ModelError
from edgeinfer.model.numbers import Array, Constant, Quantization
from edgeinfer.model.skeleton import Builder
from edgeinfer.model.writer import Tensor

_MOST_CODE = 127  # symmetric: -128 is not used
_LEAST_SCALE = 1e-8  # of a channel that is all zero


class TrainedBuilder(Builder):
    """An int8 `Builder` that is given the filters and biases of its operators in their order.

    Filters are real numbers in the file's layout: (outputs, height, width, inputs), or
    (1, height, width, channels) of a depthwise convolution. Each channel gets a scale of its own.

    Raises: ModelError: fewer filters than operators, or of another shape; by `finish`: more.
    """

    def __init__(self, filters: Iterable[tuple[Array, Array]], description: str) -> None:
        super().__init__("int8", description=description)
        self._filters = iter(filters)
        self._biases: Array = np.zeros(0)

    def finish(self) -> None:
        """Every filter has found its operator."""
        if next(self._filters, None) is not None:
            raise ModelError("filters: there are more of them than operators that take any")

    def _weights(self, shape: tuple[int, ...], axis: int, variance: float) -> Tensor:
        weights, self._biases = next(self._filters, (np.zeros(0), np.zeros(0)))
        if weights.shape != shape:
            raise ModelError(f"filters: {weights.shape} stand where the operator has {shape}")
        return self._writer.constant(_rounded(weights, axis))

    def _bias(self, tensor: Tensor, weights: Tensor, channels: int, mean: float = 0.0) -> Tensor:
        quantizations = self._writer.quantization(tensor), self._writer.quantization(weights)
        return self._writer.constant(self._numbers.bias(self._biases, *quantizations))


def _rounded(weights: Array, axis: int) -> Constant:
    others = tuple(number for number in range(weights.ndim) if number != axis)
    scales = np.maximum(np.abs(weights).max(others, keepdims=True) / _MOST_CODE, _LEAST_SCALE)
    codes = np.round(weights / scales).astype(np.int8)
    scales = scales.reshape(-1).astype(np.float32)
    return Constant(codes, Quantization(scales, np.zeros(scales.shape, np.int64), axis))
