"""A .tflite's graphs as values: what its operators read and write, without the schema's objects."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from edgeinfer.errors import ModelError
from edgeinfer.model.flatbuffer import OPERATORS, TENSOR_TYPES

CUSTOM = "CUSTOM"

# Of one element, in memory and in the file. Text and handles have no size of their own.
_BITS = {
    "float64": 64, "float32": 32, "float16": 16, "bfloat16": 16, "float8_e4m3fn": 8,
    "float8_e5m2": 8, "int64": 64, "uint64": 64, "int32": 32, "uint32": 32, "int16": 16,
    "uint16": 16, "int8": 8, "uint8": 8, "bool": 8, "int4": 4, "uint4": 4, "int2": 2,
    "complex64": 64, "complex128": 128,
}  # fmt: skip
_OUTSIDE = 1  # a buffer's `offset` beyond this: its data lies behind the FlatBuffer


@dataclass(frozen=True, slots=True)
class Quantization:
    """real = scale * (q - zero_point); several of them: one per channel along `axis`."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """`shape` None: known only when the model runs; -1 in `signature`: that side may change."""

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    quantization: Quantization | None
    signature: tuple[int, ...]
    buffer: int
    stored_bytes: int  # 0: no constant
    is_variable: bool

    @property
    def is_constant(self) -> bool:
        return self.stored_bytes > 0

    @property
    def elements(self) -> int | None:
        """None: a side of it is known only when the model runs."""
        if self.shape is None or any(side < 0 for side in self.shape):
            return None
        return prod(self.shape)

    @property
    def memory_bytes(self) -> int | None:
        bits = _BITS.get(self.dtype)
        return None if bits is None or self.elements is None else (self.elements * bits + 7) // 8


@dataclass(frozen=True, slots=True)
class Operator:
    """`inputs` and `outputs` are indices into the graph's tensors; -1: left out."""

    name: str  # TFLite's own, as in CONV_2D, or a custom operator's
    version: int
    is_custom: bool
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Any  # the schema's object of this operator's options, or None
    custom_bytes: int  # what a custom operator carries in itself


@dataclass(frozen=True, slots=True)
class Graph:
    name: str
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def graphs(model: Any, where: object) -> tuple[Graph, ...]:
    """Every subgraph of a model that `flatbuffer.read` returned; `where` begins the messages.

    Raises: ModelError: a constant is not as large as its shape and type say.
    """
    codes = [_code(code) for code in model.operatorCodes or ()]
    return tuple(_graph(model, graph, codes, where) for graph in model.subgraphs)


def text(value: bytes | str | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""


def _code(code: Any) -> tuple[str, int, bool]:
    """The name, the version, and whether it is custom."""
    name = OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
    is_custom = name == CUSTOM
    return text(code.customCode) or name if is_custom else name, code.version, is_custom


def _graph(model: Any, graph: Any, codes: list[tuple[str, int, bool]], where: object) -> Graph:
    operators = tuple(_operator(operator, codes) for operator in _all(graph.operators))
    unsized = {index for operator in operators if operator.is_custom for index in operator.outputs}
    tensors = tuple(
        _tensor(model, tensor, where, unsized=index in unsized)
        for index, tensor in enumerate(_all(graph.tensors))
    )
    return Graph(
        text(graph.name), tensors, operators, _numbers(graph.inputs), _numbers(graph.outputs)
    )


def _operator(operator: Any, codes: list[tuple[str, int, bool]]) -> Operator:
    name, version, is_custom = codes[operator.opcodeIndex]
    return Operator(
        name,
        version,
        is_custom,
        _numbers(operator.inputs),
        _numbers(operator.outputs),
        operator.builtinOptions or operator.builtinOptions2,
        len(_all(operator.customOptions)) + operator.largeCustomOptionsSize,
    )


def _tensor(model: Any, tensor: Any, where: object, *, unsized: bool) -> Tensor:
    buffer = model.buffers[tensor.buffer]
    outside = buffer.size if buffer.offset > _OUTSIDE else 0
    shape = _numbers(tensor.shape)
    found = Tensor(
        text(tensor.name),
        # A custom operator that states no shape has none yet; elsewhere that is a scalar.
        None if unsized and not shape and not tensor.hasRank else shape,
        TENSOR_TYPES[tensor.type].lower(),
        _quantization(tensor.quantization),
        _numbers(tensor.shapeSignature),
        tensor.buffer,
        len(_all(buffer.data)) or outside,
        bool(tensor.isVariable),
    )
    wanted_bytes = found.memory_bytes if tensor.sparsity is None else None
    if found.is_constant and wanted_bytes not in (None, found.stored_bytes):
        raise ModelError(
            f"{where}: the constant {found.name!r} has {found.stored_bytes} bytes, but its shape "
            f"and type need {wanted_bytes}; pull or copy the file again"
        )
    return found


def _quantization(found: Any) -> Quantization | None:
    if found is None or not len(_all(found.scale)):
        return None
    scales = tuple(float(scale) for scale in found.scale)
    return Quantization(scales, _numbers(found.zeroPoint), found.quantizedDimension)


def _numbers(vector: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in _all(vector))


def _all(vector: Any) -> Any:
    """An absent vector is an empty one."""
    return () if vector is None else vector
