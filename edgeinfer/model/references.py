"""Does every index in a model name something that it has? Asked once, so that readers may trust.

A file can be sound as bytes and still name its ninth tensor of eight.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_MOST_DIMENSIONS = 32  # four times what any kernel takes; a longer shape is a damaged one
_ABSENT = -1  # an operator's input that is left out


def check(model: Any, operators: int, types: int) -> None:
    """`operators`, `types`: how many the schema knows.

    Raises: ValueError: what is missing or wrong.
    """
    if not model.subgraphs:
        raise ValueError("a model without subgraphs, so there is nothing to run")
    if not model.buffers:
        raise ValueError("a model without buffers, so it has no weights")
    for code in model.operatorCodes or ():
        number = max(code.builtinCode, code.deprecatedBuiltinCode)
        if not 0 <= number < operators:
            raise ValueError(
                f"operator {number} is newer than the schema of this ai-edge-litert, "
                f"which ends at {operators - 1}; update ai-edge-litert"
            )
    _indices("metadata", (entry.buffer for entry in model.metadata or ()), len(model.buffers))
    for graph in model.subgraphs:
        _graph(model, graph, types)


def _graph(model: Any, graph: Any, types: int) -> None:
    tensors = len(_list(graph.tensors))
    _indices("the graph's inputs", _list(graph.inputs), tensors)
    _indices("the graph's outputs", _list(graph.outputs), tensors)
    _indices("tensors", (tensor.buffer for tensor in _list(graph.tensors)), len(model.buffers))
    for tensor in _list(graph.tensors):
        _tensor(tensor, types)
    operators = _list(graph.operators)
    codes = len(_list(model.operatorCodes))
    _indices("operators", (operator.opcodeIndex for operator in operators), codes)
    for operator in operators:
        _indices("an operator's inputs", _list(operator.inputs), tensors, _ABSENT)
        _indices("an operator's outputs", _list(operator.outputs), tensors, _ABSENT)


def _tensor(tensor: Any, types: int) -> None:
    if not 0 <= tensor.type < types:
        raise ValueError(
            f"tensor type {tensor.type} is newer than the schema of this ai-edge-litert; "
            "update ai-edge-litert"
        )
    if len(_list(tensor.shape)) > _MOST_DIMENSIONS:
        raise ValueError(f"a tensor of {len(tensor.shape)} dimensions; pull or copy the file again")


def _list(vector: Any) -> Any:
    """An absent vector is an empty one."""
    return () if vector is None else vector


def _indices(what: str, indices: Iterable[int], count: int, least: int = 0) -> None:
    for index in indices:
        if not least <= index < count:
            raise ValueError(f"{what}: number {index} of {count}; pull or copy the file again")
