"""The tables of a .tflite that is being written: tensors, buffers, operators, and their codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flatbuffers import flexbuffers

from edgeinfer.model import flatbuffer
from edgeinfer.model.flatbuffer import schema
from edgeinfer.model.numbers import Constant, Quantization

Tensor = int
"""The number of a tensor in the graph: what an operator takes and gives."""

Options = tuple[str, Mapping[str, Any]]
"""The name of the schema's table of options, and its fields."""

_SCHEMA_VERSION = 3  # of every TFLite file
_MOST_OLD_CODE = 127  # a larger operator code does not fit the schema's first field
_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.uint8): schema.TensorType.UINT8,
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.int32): schema.TensorType.INT32,
}


class Writer:
    """One graph; what is added to it stands in the file in that order."""

    def __init__(self, description: str) -> None:
        self._description = description
        self._tensors: list[Any] = []
        self._quantizations: list[Quantization | None] = []
        self._operators: list[Any] = []
        self._codes: list[Any] = []
        self._code_numbers: dict[str, int] = {}
        # By TFLite's convention buffer 0 is empty: the tensors that are computed have it.
        self._buffers = [schema.BufferT()]

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        return tuple(self._tensors[tensor].shape)

    def quantization(self, tensor: Tensor) -> Quantization | None:
        return self._quantizations[tensor]

    def tensor(
        self,
        shape: Sequence[int],
        dtype: np.dtype[Any],
        quantization: Quantization | None,
        name: str | None = None,
    ) -> Tensor:
        """A tensor that is computed, or the model's input; it is numbered where it has no name."""
        table = schema.TensorT()
        table.name = name or f"tensor_{len(self._tensors)}"
        table.shape, table.type = list(shape), _TYPES[dtype]
        table.buffer = 0
        table.quantization = _quantization(quantization)
        self._tensors.append(table)
        self._quantizations.append(quantization)
        return len(self._tensors) - 1

    def constant(self, constant: Constant) -> Tensor:
        """A tensor whose values lie in the file."""
        data = constant.data
        tensor = self.tensor(data.shape, data.dtype, constant.quantization)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(data.tobytes(), np.uint8)
        self._buffers.append(buffer)
        self._tensors[tensor].buffer = len(self._buffers) - 1
        return tensor

    def operator(
        self,
        name: str,
        version: int,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        options: Options | None = None,
    ) -> None:
        """One of TFLite's own operators, by its name in the schema."""
        builtin = getattr(schema.BuiltinOperator, name)
        table = self._operator(self._code(name, builtin, version), inputs, outputs)
        if options is not None:
            kind, fields = options
            table.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            table.builtinOptions = getattr(schema, f"{kind}T")()
            for field, value in fields.items():
                setattr(table.builtinOptions, field, value)

    def custom_operator(
        self,
        name: str,
        inputs: Sequence[Tensor],
        outputs: Sequence[Tensor],
        options: Mapping[str, object],
    ) -> None:
        """An operator that TFLite does not define, which the runtime knows by its name."""
        table = self._operator(self._code(name, schema.BuiltinOperator.CUSTOM, 1), inputs, outputs)
        table.customOptions = np.frombuffer(flexbuffers.Dumps(options), np.uint8)

    def pack(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> bytes:
        """The file."""
        graph = schema.SubGraphT()
        graph.name = "main"
        graph.tensors, graph.operators = self._tensors, self._operators
        graph.inputs, graph.outputs = list(inputs), list(outputs)
        model = schema.ModelT()
        model.version = _SCHEMA_VERSION
        model.description = self._description
        model.subgraphs, model.buffers = [graph], self._buffers
        model.operatorCodes = self._codes
        return flatbuffer.pack(model)

    def _operator(self, code: int, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Any:
        table = schema.OperatorT()
        table.opcodeIndex = code
        table.inputs, table.outputs = list(inputs), list(outputs)
        self._operators.append(table)
        return table

    def _code(self, name: str, builtin: int, version: int) -> int:
        if name not in self._code_numbers:
            code = schema.OperatorCodeT()
            code.builtinCode, code.version = builtin, version
            code.deprecatedBuiltinCode = min(builtin, _MOST_OLD_CODE)
            code.customCode = name if builtin == schema.BuiltinOperator.CUSTOM else None
            self._code_numbers[name] = len(self._codes)
            self._codes.append(code)
        return self._code_numbers[name]


def _quantization(quantization: Quantization | None) -> Any:
    if quantization is None:
        return None
    table = schema.QuantizationParametersT()
    table.scale = quantization.scales
    table.zeroPoint = quantization.zero_points
    table.quantizedDimension = quantization.axis
    return table
