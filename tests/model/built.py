"""Small models, built from the schema's own objects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeinfer.model.flatbuffer import pack, schema

Array = NDArray[Any]

FLOAT32, INT32, UINT8, INT8, BOOL = (
    schema.TensorType.FLOAT32, schema.TensorType.INT32, schema.TensorType.UINT8,
    schema.TensorType.INT8, schema.TensorType.BOOL,
)  # fmt: skip
_TYPES = {"float32": FLOAT32, "int32": INT32, "uint8": UINT8, "int8": INT8}


class Graph:
    """One subgraph; `tensor` and `constant` return the index by which operators name it."""

    def __init__(self, model: Model, name: str) -> None:
        self.model = model
        self.table = schema.SubGraphT()
        self.table.name = name
        self.table.tensors, self.table.operators = [], []

    def tensor(self, name: str, shape: Sequence[int], type_: int = FLOAT32, **fields: Any) -> int:
        table = schema.TensorT()
        table.name, table.shape, table.type = name, list(shape), type_
        for field, value in fields.items():
            setattr(table, field, value)
        self.table.tensors.append(table)
        return len(self.table.tensors) - 1

    def constant(self, name: str, values: Array, **fields: Any) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self.model.table.buffers.append(buffer)
        index = len(self.model.table.buffers) - 1
        return self.tensor(name, values.shape, _TYPES[str(values.dtype)], buffer=index, **fields)

    def operator(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None
    ) -> Any:
        """`options`: as in `schema.WhileOptionsT()`."""
        table = schema.OperatorT()
        table.opcodeIndex = self.model.code(name)
        table.inputs, table.outputs = list(inputs), list(outputs)
        if options is not None:
            kind = type(options).__name__.removesuffix("T")
            table.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            table.builtinOptions = options
        self.table.operators.append(table)
        return table

    def ends(self, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        self.table.inputs, self.table.outputs = list(inputs), list(outputs)


class Model:
    def __init__(self) -> None:
        self.table = schema.ModelT()
        self.table.version = 3
        self.table.description = "built by a test"
        self.table.operatorCodes, self.table.subgraphs = [], []
        self.table.buffers = [schema.BufferT()]
        self._codes: list[str] = []

    def graph(self, name: str = "main") -> Graph:
        found = Graph(self, name)
        self.table.subgraphs.append(found.table)
        return found

    def code(self, name: str) -> int:
        if name not in self._codes:
            code = schema.OperatorCodeT()
            builtin = getattr(schema.BuiltinOperator, name, schema.BuiltinOperator.CUSTOM)
            code.builtinCode, code.deprecatedBuiltinCode = builtin, min(builtin, 127)
            code.version = 1
            code.customCode = name if builtin == schema.BuiltinOperator.CUSTOM else None
            self.table.operatorCodes.append(code)
            self._codes.append(name)
        return self._codes.index(name)

    def bytes(self) -> bytes:
        return pack(self.table)

    def save(self, folder: Path) -> Path:
        path = folder / "built.tflite"
        path.write_bytes(self.bytes())
        return path


def ones(*shape: int) -> Array:
    return np.ones(shape, np.float32)


def lstm(batch: int, steps: int, features: int, cells: int) -> Model:
    """A UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes and projection, as Keras exports it."""
    model = Model()
    graph = model.graph()
    source = graph.tensor("sequence", (batch, steps, features))
    to_gates = [graph.constant(f"input_{n}", ones(cells, features)) for n in range(4)]
    recurrent = [graph.constant(f"recurrent_{n}", ones(cells, cells)) for n in range(4)]
    biases = [graph.constant(f"bias_{n}", ones(cells)) for n in range(4)]
    states = [graph.tensor(name, (batch, cells), isVariable=True) for name in ("output", "cell")]
    out = graph.tensor("out", (batch, steps, cells))
    options = schema.UnidirectionalSequenceLSTMOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.TANH
    graph.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        [source, *to_gates, *recurrent, -1, -1, -1, *biases, -1, -1, *states],
        [out],
        options,
    )
    graph.ends([source], [out])
    return model


def loop() -> Model:
    """A WHILE that multiplies a vector by a 2x2 matrix until a counter reaches 3."""
    model = Model()
    main = model.graph("main")
    counter, vector = main.tensor("counter", (1,)), main.tensor("vector", (1, 2))
    counted, result = main.tensor("counted", (1,)), main.tensor("result", (1, 2))
    options = schema.WhileOptionsT()
    options.condSubgraphIndex, options.bodySubgraphIndex = 1, 2
    main.operator("WHILE", [counter, vector], [counted, result], options)
    main.ends([counter, vector], [counted, result])

    goes_on = model.graph("condition")
    counter, vector = goes_on.tensor("counter", (1,)), goes_on.tensor("vector", (1, 2))
    is_less = goes_on.tensor("is_less", (1,), BOOL)
    three = goes_on.constant("three", 3 * ones(1))
    goes_on.operator("LESS", [counter, three], [is_less], schema.LessOptionsT())
    goes_on.ends([counter, vector], [is_less])

    body = model.graph("body")
    counter, vector = body.tensor("counter", (1,)), body.tensor("vector", (1, 2))
    more, product = body.tensor("more", (1,)), body.tensor("product", (1, 2))
    body.operator("ADD", [counter, body.constant("one", ones(1))], [more], schema.AddOptionsT())
    weights = body.constant("weights", ones(2, 2))
    body.operator(
        "FULLY_CONNECTED", [vector, weights, -1], [product], schema.FullyConnectedOptionsT()
    )
    body.ends([counter, vector], [more, product])
    return model


def transposed() -> Model:
    """A TRANSPOSE_CONV of 2x2 with stride 2: 4x4 pixels of 2 channels -> 8x8 of 3."""
    model = Model()
    graph = model.graph()
    source, out = graph.tensor("small", (1, 4, 4, 2)), graph.tensor("large", (1, 8, 8, 3))
    shape = graph.constant("shape", np.array([1, 8, 8, 3], np.int32))
    options = schema.TransposeConvOptionsT()
    options.strideW = options.strideH = 2
    graph.operator(
        "TRANSPOSE_CONV", [shape, graph.constant("w", ones(3, 2, 2, 2)), source], [out], options
    )
    graph.ends([source], [out])
    return model


def still() -> Model:
    """A RELU: nothing is multiplied."""
    model = Model()
    graph = model.graph()
    ends = [graph.tensor(name, (1, 4, 4, 3)) for name in ("in", "out")]
    graph.operator("RELU", ends[:1], ends[1:])
    graph.ends(ends[:1], ends[1:])
    return model


def chain(type_: int = FLOAT32) -> Model:
    """Two FULLY_CONNECTED: 4 numbers -> 8 -> 2."""
    model = Model()
    graph = model.graph()
    first, second, third = (
        graph.tensor(name, (1, size), type_) for name, size in (("a", 4), ("b", 8), ("c", 2))
    )
    weights = [graph.constant("w", ones(8, 4)), graph.constant("v", ones(2, 8))]
    options = schema.FullyConnectedOptionsT
    graph.operator("FULLY_CONNECTED", [first, weights[0], -1], [second], options())
    graph.operator("FULLY_CONNECTED", [second, weights[1], -1], [third], options())
    graph.ends([first], [third])
    return model
