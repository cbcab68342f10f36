"""The number types of a model that is written here: how each quantizes, and its random weights.

The quantized ones follow TFLite's specification of 8 bits, and the older one before it:
https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from edgeinfer.errors import ModelError

Dtype = Literal["uint8", "int8", "float32"]
"""uint8: one scale a tensor, as before 2020; int8: symmetric weights with a scale a channel."""

Array = NDArray[Any]

# The standard deviation of whole numbers that are spread evenly from -127 to 127.
_CODES_STD = float(np.std(np.arange(-127, 128)))


@dataclass(frozen=True, slots=True)
class Range:
    """The real values that a tensor can hold."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quantization:
    """real = scale * (code - zero_point): one pair for all, or one per channel along `axis`."""

    scales: Array
    zero_points: Array
    axis: int = 0


@dataclass(frozen=True, slots=True)
class Constant:
    """The values of a tensor that lies in the file."""

    data: Array
    quantization: Quantization | None


class Numbers(Protocol):
    """What a number type decides; `versions` are of the operators that it raises above 1."""

    dtype: np.dtype[Any]
    versions: Mapping[str, int]

    def activation(self, values: Range) -> Quantization | None: ...

    def weights(
        self, random: np.random.Generator, shape: tuple[int, ...], axis: int, std: float
    ) -> Constant: ...

    def bias(
        self, values: Array, inputs: Quantization | None, weights: Quantization | None
    ) -> Constant: ...


class Float32:
    dtype = np.dtype(np.float32)
    versions: Mapping[str, int] = MappingProxyType({})

    def activation(self, values: Range) -> Quantization | None:
        return None

    def weights(
        self, random: np.random.Generator, shape: tuple[int, ...], axis: int, std: float
    ) -> Constant:
        """Never near zero: a denormal float is slow to multiply, and no trained weight is one."""
        sizes = random.uniform(0.2, 1.6, shape)
        signs = random.choice((-1.0, 1.0), shape)
        return Constant((sizes * signs * std).astype(np.float32), None)

    def bias(
        self, values: Array, inputs: Quantization | None, weights: Quantization | None
    ) -> Constant:
        return Constant(values.astype(np.float32), None)


class _EightBits:
    dtype: np.dtype[Any]
    lowest: int

    def activation(self, values: Range) -> Quantization:
        scale = (values.high - values.low) / 255
        zero_point = round(-values.low / scale) + self.lowest
        return _quantization(np.array([scale]), zero_point)

    def bias(
        self, values: Array, inputs: Quantization | None, weights: Quantization | None
    ) -> Constant:
        """32 bits with the accumulator's scale, as the kernels demand."""
        if inputs is None or weights is None:
            raise ModelError("bias: its input or its weights are not quantized")
        scales = inputs.scales * weights.scales
        codes = np.round(values / scales).astype(np.int32)
        return Constant(codes, _quantization(scales, 0))


class Uint8(_EightBits):
    dtype = np.dtype(np.uint8)
    lowest = 0
    versions: Mapping[str, int] = MappingProxyType({})

    def weights(
        self, random: np.random.Generator, shape: tuple[int, ...], axis: int, std: float
    ) -> Constant:
        codes = random.integers(1, 256, shape, dtype=np.uint8)
        return Constant(codes, _quantization(np.array([std / _CODES_STD]), 128))


class Int8(_EightBits):
    dtype = np.dtype(np.int8)
    lowest = -128
    # The first version of each operator that takes int8; 12: a scale per channel.
    # https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/tools/versioning/op_version.cc
    versions: Mapping[str, int] = MappingProxyType(
        {
            "CONV_2D": 3,
            "DEPTHWISE_CONV_2D": 3,
            "FULLY_CONNECTED": 12,
            "ADD": 2,
            "AVERAGE_POOL_2D": 2,
            "SOFTMAX": 2,
            "LOGISTIC": 2,
            "CONCATENATION": 2,
            "DEQUANTIZE": 2,
        }
    )

    def weights(
        self, random: np.random.Generator, shape: tuple[int, ...], axis: int, std: float
    ) -> Constant:
        codes = random.integers(-127, 128, shape, dtype=np.int8)
        scales = random.uniform(0.7, 1.3, shape[axis]) * std / _CODES_STD
        return Constant(codes, _quantization(scales, 0, axis))


def numbers(dtype: str) -> Numbers:
    """Raises: ModelError: no such number type."""
    types: dict[str, Numbers] = {"uint8": Uint8(), "int8": Int8(), "float32": Float32()}
    if dtype not in types:
        raise ModelError(f"type {dtype!r}: not one that is written; {' or '.join(get_args(Dtype))}")
    return types[dtype]


def _quantization(scales: Array, zero_point: int, axis: int = 0) -> Quantization:
    scales = scales.astype(np.float32)
    return Quantization(scales, np.full(scales.shape, zero_point, np.int64), axis)
