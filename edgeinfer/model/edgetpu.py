"""Which operators of a model an Edge TPU would take, by Coral's published list.

The compiler has conditions of its own beyond these, so a yes here is a likely one; a no is sure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edgeinfer.model.network import Graph, Operator, Tensor

SOURCE = "https://coral.ai/docs/edgetpu/models-intro/#supported-operations"
COMPILED = "edgetpu-custom-op"
"""The one operator that the compiler leaves of all that the Edge TPU runs."""

_NAMES = """
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXPAND_DIMS FULLY_CONNECTED
L2_NORMALIZATION LOGISTIC UNIDIRECTIONAL_SEQUENCE_LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD
PRELU QUANTIZE REDUCE_MAX REDUCE_MIN RELU RELU6 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR
RESIZE_NEAREST_NEIGHBOR RSQRT SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SQUEEZE STRIDED_SLICE SUB SUM
SQUARED_DIFFERENCE TANH TRANSPOSE TRANSPOSE_CONV
"""
SUPPORTED = frozenset(_NAMES.split())

_EIGHT_BITS = frozenset({"int8", "uint8"})
_CONSTANTS = _EIGHT_BITS | {"int32", "int64"}  # biases, shapes, axes
_UNFUSED = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D", "CONCATENATION"})
_LARGEST_SOFTMAX = 16_000
_DIMENSIONS = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    name: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`takes`: how many of each operator. Of a compiled model both lists are empty."""

    compiled: bool
    takes: Mapping[str, int]
    refuses: tuple[Refusal, ...]
    source: str = SOURCE


def verdict(graphs: Iterable[Graph]) -> Verdict:
    """Is the model compiled for an Edge TPU, and if not, what of it would one take?"""
    every = [(graph, operator) for graph in graphs for operator in graph.operators]
    if any(operator.name == COMPILED for _, operator in every):
        return Verdict(compiled=True, takes={}, refuses=())
    found = [(operator.name, refusal(graph, operator)) for graph, operator in every]
    takes = Counter(name for name, reason in found if reason is None)
    refuses = Counter((name, reason) for name, reason in found if reason is not None)
    return Verdict(
        compiled=False,
        takes=dict(takes),
        refuses=tuple(Refusal(name, count, why) for (name, why), count in refuses.items()),
    )


def refusal(graph: Graph, operator: Operator) -> str | None:
    """Why an Edge TPU would not take the operator; None: it would."""
    if operator.name not in SUPPORTED:
        return "not among the operators that it has"
    tensors = [graph.tensors[index] for index in operator.inputs + operator.outputs if index >= 0]
    return _types(tensors) or _shapes(tensors) or _limits(graph, operator)


def _types(tensors: Iterable[Tensor]) -> str | None:
    for tensor in tensors:
        allowed = _CONSTANTS if tensor.is_constant else _EIGHT_BITS
        # A variable is the state of an LSTM, which the Edge TPU keeps by itself.
        if tensor.dtype not in allowed and not tensor.is_variable:
            return f"{tensor.dtype}; it takes 8 bits only"
    return None


def _shapes(tensors: Iterable[Tensor]) -> str | None:
    for tensor in tensors:
        if tensor.elements is None or any(side < 0 for side in tensor.signature):
            return "a shape that is known only when it runs"
        outer = (tensor.shape or ())[:-_DIMENSIONS]
        if not tensor.is_constant and any(side > 1 for side in outer):
            return "more than three dimensions above 1"
    return None


def _limits(graph: Graph, operator: Operator) -> str | None:
    """What the list says of one operator."""
    if operator.name in _UNFUSED and getattr(operator.options, "fusedActivationFunction", None):
        return "an activation fused into it"
    dilations = {getattr(operator.options, f"dilation{side}Factor", None) for side in "WH"}
    if len(dilations) > 1:
        return "unequal dilation in x and y"
    size = graph.tensors[operator.inputs[0]].elements or 0 if operator.inputs else 0
    if operator.name == "SOFTMAX" and size > _LARGEST_SOFTMAX:
        return f"more than {_LARGEST_SOFTMAX} elements"
    return None
