"""A model's graph while it is rewritten: what it was can still be read while it changes."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeinfer.errors import ModelError
from edgeinfer.model.flatbuffer import OPERATORS, Model, schema
from edgeinfer.model.int8_operators import VERSIONS

Codes = NDArray[np.integer[Any]]

_DTYPES = {schema.TensorType.UINT8: np.uint8, schema.TensorType.INT32: np.int32}
_TYPES = {np.dtype(np.int8): schema.TensorType.INT8, np.dtype(np.int32): schema.TensorType.INT32}
_SHIFT = 128  # from the range of uint8 to that of int8
_LOWEST_RUNTIME = b"min_runtime_version"


class Graph:
    """The only graph of a copy of `model`.

    Raises: ModelError: it has none, or several.
    """

    def __init__(self, model: Model) -> None:
        graphs, buffers = _listed(model.subgraphs), _listed(model.buffers)
        if len(graphs) != 1:
            raise ModelError(f"has {len(graphs)} graphs; only models with one are rewritten")
        if not buffers:
            raise ModelError("has no buffers, so no weights; there is nothing to rewrite")
        self._original = model
        self.model = deepcopy(model)
        graph = self.model.subgraphs[0]
        self.inputs, self.outputs = _numbers(graph.inputs), _numbers(graph.outputs)
        self.tensors: list[Any] = _listed(graph.tensors)
        self.operators: list[Any] = _listed(graph.operators)
        self._codes: dict[str, int] = {}

    def name(self, operator: Any) -> str:
        """As in the schema: "CONV_2D", "CUSTOM"."""
        code = self.model.operatorCodes[operator.opcodeIndex]
        # Files from before 2020 have the code in the field that is deprecated now, and 0 here.
        number = max(code.builtinCode, code.deprecatedBuiltinCode)
        return str(OPERATORS[number])

    def codes(self, index: int) -> Codes | None:
        """The stored numbers of a tensor of the original; None: it is computed."""
        tensor = self._original.subgraphs[0].tensors[index]
        data = self._original.buffers[tensor.buffer].data
        if data is None or len(data) == 0:
            return None
        try:
            values: Codes = np.asarray(data, np.uint8).view(_DTYPES[tensor.type])
            return values.reshape(_numbers(tensor.shape))
        except (KeyError, ValueError) as error:
            where = self.tensor_name(index)
            raise ModelError(
                f"tensor {where}: its numbers do not fit its type and shape"
            ) from error

    def quantization(self, index: int) -> tuple[float, int]:
        """The one scale and zero point of a tensor, as they are now.

        Raises: ModelError: it has none, or several.
        """
        tensor = self.tensors[index]
        table = tensor.quantization
        scales = _listed(table.scale) if table else []
        if len(scales) != 1:
            where = self.tensor_name(index)
            raise ModelError(f"tensor {where}: has {len(scales)} scales; a uint8 one has 1")
        zero_points = _numbers(table.zeroPoint)
        return float(scales[0]), zero_points[0] if zero_points else 0

    def tensor_name(self, index: int) -> str:
        return (self.tensors[index].name or b"").decode(errors="replace") or f"number {index}"

    def is_type(self, index: int, kind: Literal["FLOAT16", "FLOAT32", "INT8", "UINT8"]) -> bool:
        return bool(self.tensors[index].type == getattr(schema.TensorType, kind))

    def add(self, like: int, ending: bytes) -> int:
        """A tensor like another: the same name with an ending, the same everything."""
        tensor = copy(self.tensors[like])
        tensor.name = (tensor.name or b"") + ending
        tensor.quantization = copy(tensor.quantization)
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def add_real(self, like: int) -> int:
        """The same as real numbers."""
        index = self.add(like, b"_real")
        self.tensors[index].type = schema.TensorType.FLOAT32
        self.tensors[index].quantization = None
        return index

    def store(self, index: int, codes: Codes, scales: ArrayLike, axis: int) -> None:
        """Give a tensor other numbers, symmetric about zero, in a buffer of its own."""
        self._fill(index, codes)
        table = self.tensors[index].quantization
        table.scale = np.atleast_1d(np.asarray(scales, np.float32))
        table.zeroPoint = np.zeros(table.scale.shape, np.int64)
        table.quantizedDimension = axis
        table.min = table.max = None

    def shift(self, index: int, zero_point: int, codes: Codes | None) -> None:
        """Make int8 of uint8, whose zero point and numbers these are; the scale stays."""
        tensor = self.tensors[index]
        tensor.quantization.zeroPoint = np.array([zero_point - _SHIFT], np.int64)
        tensor.type = schema.TensorType.INT8
        if codes is not None:
            self._fill(index, (codes.astype(np.int16) - _SHIFT).astype(np.int8))

    def requantize(self, index: int, scale: float, zero_point: int) -> None:
        table = self.tensors[index].quantization
        table.scale = np.array([scale], np.float32)
        table.zeroPoint = np.array([zero_point], np.int64)
        table.min = table.max = None

    def operator(self, kind: Literal["QUANTIZE", "DEQUANTIZE"], source: int, target: int) -> Any:
        """A new operator that gives `target` the real values of `source`."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(kind)
        operator.inputs = np.array([source], np.int32)
        operator.outputs = np.array([target], np.int32)
        options = f"{kind.capitalize()}Options"
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
        operator.builtinOptions = getattr(schema, f"{options}T")()
        return operator

    def raise_version(self, operator: Any, version: int) -> None:
        code = self.model.operatorCodes[operator.opcodeIndex]
        code.version = max(code.version, version)

    def finish(self, operators: list[Any]) -> None:
        """Set the operators, and drop what is no longer true or used."""
        graph = self.model.subgraphs[0]
        graph.operators, graph.tensors = operators, self.tensors
        # It names the oldest runtime for the operators that were.
        metadata = [entry for entry in _listed(self.model.metadata) if not _is_dated(entry)]
        self.model.metadata = metadata or None
        used = {tensor.buffer for tensor in self.tensors} | {entry.buffer for entry in metadata}
        for number, buffer in enumerate(self.model.buffers):
            if number not in used:
                buffer.data = None

    def _fill(self, index: int, codes: Codes) -> None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(codes.tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        tensor = self.tensors[index]
        tensor.buffer = len(self.model.buffers) - 1
        tensor.type = _TYPES[codes.dtype]

    def _code(self, name: str) -> int:
        if name not in self._codes:
            code = schema.OperatorCodeT()
            code.builtinCode = code.deprecatedBuiltinCode = OPERATORS.index(name)
            code.version = VERSIONS[name]
            self.model.operatorCodes.append(code)
            self._codes[name] = len(self.model.operatorCodes) - 1
        return self._codes[name]


def taken(operator: Any) -> list[int]:
    """Its input tensors; -1 stands for one that is left out."""
    return _numbers(operator.inputs)


def given(operator: Any) -> list[int]:
    return _numbers(operator.outputs)


def touched(operator: Any) -> list[int]:
    """Its tensors, without those that are left out."""
    return [index for index in (*taken(operator), *given(operator)) if index >= 0]


def _is_dated(entry: Any) -> bool:
    return bool(entry.name == _LOWEST_RUNTIME)


def _listed(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _numbers(values: Any) -> list[int]:
    return [int(value) for value in _listed(values)]
