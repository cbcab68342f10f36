"""What int8 asks of TFLite's operators: versions, where weights stand, outputs of a fixed scale.

An operator that is not in VERSIONS has no int8 kernel that does the same as its uint8 one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The first version of each operator that takes int8:
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/tools/versioning/op_version.cc
VERSIONS: Mapping[str, int] = MappingProxyType(
    {
        "ADD": 2,
        "ARG_MAX": 2,
        "ARG_MIN": 2,
        "AVERAGE_POOL_2D": 2,
        "BATCH_TO_SPACE_ND": 2,
        "CONCATENATION": 2,
        "CONV_2D": 3,
        "DEPTHWISE_CONV_2D": 3,
        "DEPTH_TO_SPACE": 2,
        "DEQUANTIZE": 2,
        "EXPAND_DIMS": 1,
        "FULLY_CONNECTED": 4,
        "GATHER": 2,
        "HARD_SWISH": 1,
        "L2_NORMALIZATION": 2,
        "LEAKY_RELU": 1,
        "LOGISTIC": 2,
        "LOG_SOFTMAX": 2,
        "MAXIMUM": 2,
        "MAX_POOL_2D": 2,
        "MEAN": 2,
        "MINIMUM": 2,
        "MIRROR_PAD": 2,
        "MUL": 2,
        "PACK": 2,
        "PAD": 2,
        "PADV2": 2,
        "PRELU": 1,
        "QUANTIZE": 1,
        "REDUCE_MAX": 2,
        "REDUCE_MIN": 2,
        "RELU": 2,
        "RELU6": 2,
        "RELU_N1_TO_1": 1,
        "RESHAPE": 1,
        "RESIZE_BILINEAR": 2,
        "RESIZE_NEAREST_NEIGHBOR": 2,
        "SLICE": 2,
        "SOFTMAX": 2,
        "SPACE_TO_BATCH_ND": 2,
        "SPACE_TO_DEPTH": 2,
        "SPLIT": 2,
        "SPLIT_V": 2,
        "SQUEEZE": 1,
        "STRIDED_SLICE": 2,
        "SUB": 2,
        "SUM": 2,
        "TANH": 2,
        "TILE": 3,
        "TRANSPOSE": 2,
        "TRANSPOSE_CONV": 2,
        "UNPACK": 2,
    }
)

PER_CHANNEL_VERSIONS: Mapping[str, int] = MappingProxyType({"FULLY_CONNECTED": 12})
"""A runtime that knows a lower version alone would take one scale for every row, or none."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """Where an operator's weights stand: numbers of its inputs, and the axis of their channels."""

    inputs: int
    weights: int
    bias: int
    axis: int


WEIGHING: Mapping[str, Weighing] = MappingProxyType(
    {
        "CONV_2D": Weighing(inputs=0, weights=1, bias=2, axis=0),
        "DEPTHWISE_CONV_2D": Weighing(inputs=0, weights=1, bias=2, axis=3),
        "FULLY_CONNECTED": Weighing(inputs=0, weights=1, bias=2, axis=0),
        "TRANSPOSE_CONV": Weighing(inputs=2, weights=1, bias=3, axis=0),
    }
)

# scale and zero point: https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
FIXED_OUTPUTS: Mapping[str, tuple[float, int]] = MappingProxyType(
    {
        "L2_NORMALIZATION": (1 / 128, 0),
        "LOGISTIC": (1 / 256, -128),
        "LOG_SOFTMAX": (16 / 256, 127),
        "SOFTMAX": (1 / 256, -128),
        "TANH": (1 / 128, 0),
    }
)

RECURRENT = frozenset(
    {
        "BIDIRECTIONAL_SEQUENCE_LSTM",
        "BIDIRECTIONAL_SEQUENCE_RNN",
        "LSTM",
        "RNN",
        "SVDF",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        "UNIDIRECTIONAL_SEQUENCE_RNN",
    }
)
