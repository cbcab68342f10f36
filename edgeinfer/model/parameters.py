"""Which constants of a model are learned numbers, and which operator each belongs to.

Parameters are the elements of weights and biases, and a detector's anchors, as published figures
count them; shapes and axes are none. A constant that several operators or subgraphs share belongs
to the one that uses it first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from edgeinfer.model import operators
from edgeinfer.model.network import Graph, Operator, Tensor

# They only change how a constant is stored: it belongs to the operator behind them.
_UNPACKING = frozenset({"DEQUANTIZE", "DENSIFY"})
# Of these types a constant is a shape or an axis, unless it stands where a bias does.
_WHOLE = frozenset({"int32", "int64", "uint32", "uint64", "bool", "string"})


class Ownership:
    """Over all graphs of one model, in their order."""

    def __init__(self) -> None:
        self.bytes_by_type: Counter[str] = Counter()
        self._taken: set[int] = set()

    def owned(self, graph: Graph) -> Iterator[int]:
        """The parameters of each operator of the graph, in their order."""
        stored: dict[int, int] = {}  # the constant behind each unpacked tensor
        for operator in graph.operators:
            if operator.name in _UNPACKING and operator.inputs and operator.outputs:
                stored[operator.outputs[0]] = operator.inputs[0]
                yield 0
            else:
                sources = (stored.get(index, index) for index in operator.inputs)
                yield sum(
                    self._take(operator, slot, graph.tensors[index])
                    for slot, index in enumerate(sources)
                    if index >= 0
                )

    def _take(self, operator: Operator, slot: int, tensor: Tensor) -> int:
        """The parameters that the operator gets with this input."""
        if tensor.buffer in self._taken or not _is_learned(operator, slot, tensor):
            return 0
        self._taken.add(tensor.buffer)
        self.bytes_by_type[tensor.dtype] += tensor.stored_bytes
        return tensor.elements or 0


def _is_learned(operator: Operator, slot: int, tensor: Tensor) -> bool:
    if not tensor.is_constant or operator.name in operators.SETTINGS:
        return False
    return tensor.dtype not in _WHOLE or slot in operators.BIASES.get(operator.name, ())
