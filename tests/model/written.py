"""A .tflite as the tests of written models compare it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgeinfer.core.tensor import Array
from edgeinfer.engines.litert import LitertEngine
from edgeinfer.model import flatbuffer
from edgeinfer.model.flatbuffer import schema

_NAMES: dict[int, str] = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}


def operators(path: Path) -> list[tuple[str, list[tuple[list[int], int]]]]:
    """Name, and (shape, type) of each input and output, operator by operator."""
    model = flatbuffer.read(path)
    graph = model.subgraphs[0]
    return [
        (
            _name(model.operatorCodes[operator.opcodeIndex]),
            [
                (list(graph.tensors[number].shape), graph.tensors[number].type)
                for number in [*operator.inputs, *operator.outputs]
            ],
        )
        for operator in graph.operators
    ]


def delegates(engine: LitertEngine) -> list[tuple[int, int]]:
    """How many tensors go into and out of each part of the graph that XNNPACK has taken."""
    return [
        (len(detail["inputs"]), len(detail["outputs"]))
        for detail in engine._interpreter._get_ops_details()
        if detail["op_name"] == "DELEGATE"
    ]


def picture(engine: LitertEngine) -> Array:
    """Random pixels in the type of the model's input."""
    shape, dtype = engine.input.shape, np.dtype(engine.input.dtype)
    random = np.random.default_rng(0)
    if dtype.kind == "f":
        return random.uniform(-1, 1, shape).astype(dtype)
    limits: Any = np.iinfo(dtype)
    return random.integers(limits.min, limits.max + 1, shape).astype(dtype)


def _name(code: Any) -> str:
    if code.customCode:
        return bytes(code.customCode).decode()
    return _NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]
