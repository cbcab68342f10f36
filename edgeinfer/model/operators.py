"""How many multiply-accumulates an operator does, by its shapes.

Counted are the operators that are linear in their weights, as the published figures of models count
them. What only moves numbers has none; elementwise arithmetic, pooling and activations have none by
that convention. Everything else is unknown, which is None and never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from types import MappingProxyType

from edgeinfer.model.network import Graph, Operator


class _UnknownError(ValueError):
    """A shape that the rule needs is not in the file."""


class Call:
    """One operator with the shapes of what it reads and writes."""

    def __init__(self, graph: Graph, operator: Operator) -> None:
        self._graph = graph
        self._operator = operator

    def input(self, slot: int) -> tuple[int, ...]:
        return self._shape(self._operator.inputs, slot)

    def output(self) -> tuple[int, ...]:
        return self._shape(self._operator.outputs, 0)

    def option(self, name: str) -> int:
        """0, which is the schema's own default of every option asked for here."""
        return getattr(self._operator.options, name, 0) or 0

    def weights(self, slots: Iterable[int]) -> int:
        """Elements of the matrices at these inputs, of which some may be left out."""
        inputs = self._operator.inputs
        given = (slot for slot in slots if slot < len(inputs) and inputs[slot] >= 0)
        return sum(prod(self.input(slot)) for slot in given)

    def _shape(self, indices: tuple[int, ...], slot: int) -> tuple[int, ...]:
        index = indices[slot] if slot < len(indices) else -1
        tensor = self._graph.tensors[index] if index >= 0 else None
        if tensor is None or tensor.shape is None or tensor.elements is None:
            raise _UnknownError
        return tensor.shape


def macs(graph: Graph, operator: Operator) -> int | None:
    """None: there is no rule for it, or a shape is known only when the model runs."""
    if operator.name in UNMULTIPLIED:
        return 0
    rule = _RULES.get(operator.name)
    if rule is None:
        return None
    try:
        return rule(Call(graph, operator))
    except ValueError:  # a shape that is unknown, or has other sides than the operator's own
        return None


def is_known(name: str) -> bool:
    """Is there a rule for operators of this name?"""
    return name in UNMULTIPLIED or name in _RULES


def _convolution(call: Call) -> int:
    """Weights (out, height, width, in / groups), or (depth, height, width, in, out) in 3-D."""
    _, height, width, channels = call.input(1)
    return prod(call.output()) * height * width * channels


def _depthwise(call: Call) -> int:
    _, height, width, _ = call.input(1)
    return prod(call.output()) * height * width


def _convolution_3d(call: Call) -> int:
    depth, height, width, channels, _ = call.input(1)
    return prod(call.output()) * depth * height * width * channels


def _transposed(call: Call) -> int:
    """Every input pixel is spread over a window: (output shape, weights (out, h, w, in), input)."""
    out, height, width, _ = call.input(1)
    return prod(call.input(2)) * height * width * out


def _transposed_biased(call: Call) -> int:
    """MediaPipe's own: (input, weights (out, h, w, in), bias)."""
    out, height, width, _ = call.input(1)
    return prod(call.input(0)) * height * width * out


def _transposed_3d(call: Call) -> int:
    depth, height, width, out, _ = call.input(1)
    return prod(call.input(2)) * depth * height * width * out


def _fully_connected(call: Call) -> int:
    _, inputs = call.input(1)
    return prod(call.output()) * inputs


def _batch_matmul(call: Call) -> int:
    *_, rows, columns = call.input(0)
    return prod(call.output()) * (rows if call.option("adjX") else columns)


def _recurrent(*slots: int) -> Callable[[Call], int]:
    """Every step of every sequence is multiplied by all of the matrices at these inputs."""

    def rule(call: Call) -> int:
        return prod(call.input(0)[:-1]) * call.weights(slots)

    return rule


# Input, recurrent and peephole weights, and the projection: lstm.cc of TFLite's kernels.
_LSTM = (*range(1, 12), 16)
_BASIC_LSTM = 1  # LSTMKernelType: one matrix for all gates


def _lstm(call: Call) -> int:
    slots = (2,) if call.option("kernelType") == _BASIC_LSTM else _LSTM
    return _recurrent(*slots)(call)


_RULES: MappingProxyType[str, Callable[[Call], int]] = MappingProxyType({
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "CONV_3D": _convolution_3d,
    "TRANSPOSE_CONV": _transposed,
    "CONV_3D_TRANSPOSE": _transposed_3d,
    "Convolution2DTransposeBias": _transposed_biased,
    "FULLY_CONNECTED": _fully_connected,
    "BATCH_MATMUL": _batch_matmul,
    "LSTM": _lstm,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _recurrent(*_LSTM),
    # Forwards, backwards, and the weights of an auxiliary input.
    "BIDIRECTIONAL_SEQUENCE_LSTM": _recurrent(*_LSTM, *range(18, 29), 33, *range(40, 48)),
    "RNN": _recurrent(1, 2),
    "UNIDIRECTIONAL_SEQUENCE_RNN": _recurrent(1, 2),
    "BIDIRECTIONAL_SEQUENCE_RNN": _recurrent(1, 2, 5, 6, 10, 11),
    "UNIDIRECTIONAL_SEQUENCE_GRU": _recurrent(2, 4),  # TFLite's custom one: gates, candidate
    "SVDF": _recurrent(1, 2),
})  # fmt: skip

_ACTIVATIONS = MappingProxyType({"TRANSPOSE_CONV": 2, "CONV_3D_TRANSPOSE": 2, "SPLIT": 1})


def activation_slot(name: str) -> int:
    """The input that an operator works on: the first, but for those that begin with a setting."""
    return _ACTIVATIONS.get(name, 0)


_LSTM_BIASES = frozenset({12, 13, 14, 15, 17})
BIASES: MappingProxyType[str, frozenset[int]] = MappingProxyType({
    "CONV_2D": frozenset({2}),
    "DEPTHWISE_CONV_2D": frozenset({2}),
    "CONV_3D": frozenset({2}),
    "TRANSPOSE_CONV": frozenset({3}),
    "CONV_3D_TRANSPOSE": frozenset({3}),
    "Convolution2DTransposeBias": frozenset({2}),
    "FULLY_CONNECTED": frozenset({2}),
    "LSTM": _LSTM_BIASES | {3},
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _LSTM_BIASES,
    "BIDIRECTIONAL_SEQUENCE_LSTM": _LSTM_BIASES | {29, 30, 31, 32, 34},
    "RNN": frozenset({3}),
    "UNIDIRECTIONAL_SEQUENCE_RNN": frozenset({3}),
    "BIDIRECTIONAL_SEQUENCE_RNN": frozenset({3, 7}),
    "UNIDIRECTIONAL_SEQUENCE_GRU": frozenset({3, 5}),
    "SVDF": frozenset({3}),
})  # fmt: skip
"""The inputs at which a 32-bit whole number is a bias: elsewhere it is a shape or an axis."""

SETTINGS = frozenset({
    "FILL", "ONE_HOT", "PADV2", "RANGE", "SPARSE_TO_DENSE", "BUCKETIZE",
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5",
    "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL",
})  # fmt: skip
"""Operators whose constants are settings: a value to fill with, a threshold."""

CONTROL = frozenset({"IF", "WHILE", "CALL", "CALL_ONCE", "STABLEHLO_WHILE", "STABLEHLO_CASE",
                     "STABLEHLO_COMPOSITE"})  # fmt: skip
"""They run other subgraphs, whose operators are counted there, once each."""

_MOVES = """
RESHAPE CONCATENATION PAD PADV2 MIRROR_PAD TRANSPOSE SQUEEZE EXPAND_DIMS SLICE STRIDED_SLICE SPLIT
SPLIT_V PACK UNPACK GATHER GATHER_ND SCATTER_ND TILE BROADCAST_TO BROADCAST_ARGS SPACE_TO_DEPTH
DEPTH_TO_SPACE SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND REVERSE_V2 REVERSE_SEQUENCE SHAPE RANK FILL
ZEROS_LIKE RANGE ONE_HOT SELECT SELECT_V2 WHERE CAST BITCAST QUANTIZE DEQUANTIZE FAKE_QUANT DENSIFY
EMBEDDING_LOOKUP HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE HASHTABLE_LOOKUP
VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE DYNAMIC_UPDATE_SLICE UNIQUE SPARSE_TO_DENSE MATRIX_DIAG
MATRIX_SET_DIAG RESIZE_NEAREST_NEIGHBOR DILATE
"""
_ELEMENTWISE = """
ADD SUB MUL DIV ADD_N SQUARE SQUARED_DIFFERENCE FLOOR_DIV FLOOR_MOD POW NEG ABS SIGN SQRT RSQRT EXP
LOG SIN COS ATAN2 FLOOR CEIL ROUND MAXIMUM MINIMUM LESS LESS_EQUAL GREATER GREATER_EQUAL EQUAL
NOT_EQUAL LOGICAL_AND LOGICAL_OR LOGICAL_NOT BITWISE_XOR RIGHT_SHIFT RELU RELU6 RELU_N1_TO_1
RELU_0_TO_1 PRELU LEAKY_RELU ELU GELU HARD_SWISH LOGISTIC TANH SOFTMAX LOG_SOFTMAX L2_NORMALIZATION
LOCAL_RESPONSE_NORMALIZATION AVERAGE_POOL_2D MAX_POOL_2D L2_POOL_2D MEAN SUM REDUCE_MAX REDUCE_MIN
REDUCE_PROD REDUCE_ANY REDUCE_ALL CUMSUM SEGMENT_SUM ARG_MAX ARG_MIN TOPK_V2 RESIZE_BILINEAR
BUCKETIZE NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 REAL IMAG COMPLEX_ABS
TFLite_Detection_PostProcess MaxPoolingWithArgmax2D MaxUnpooling2D
"""
UNMULTIPLIED = CONTROL | frozenset(_MOVES.split()) | frozenset(_ELEMENTWISE.split())
"""Operators without multiply-accumulates: they move numbers, or are not counted by convention."""
