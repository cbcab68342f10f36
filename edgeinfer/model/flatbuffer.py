"""A .tflite as objects: read whole, changed, written. The only file that knows the schema.

`schema` is the generated module of the TFLite schema: enumerations such as `BuiltinOperator` and
`TensorType`, and the object form of every table, as in `TensorT`. It takes 45 ms to import, so a
module on the way of a frame imports this file where it needs it.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated

from edgeinfer.errors import ModelError
from edgeinfer.model import layout, references

schema: Any = schema_py_generated


def _names(enumeration: Any) -> tuple[str, ...]:
    numbers = {name: value for name, value in vars(enumeration).items() if isinstance(value, int)}
    return tuple(sorted(numbers, key=numbers.__getitem__))


IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every TFLite file

# What the readers of FlatBuffers raise on bytes that are none.
DAMAGED = (struct.error, LookupError, TypeError, ValueError, AttributeError, AssertionError)

OPERATORS = _names(schema.BuiltinOperator)
"""The name of each built-in operator, as in "CONV_2D", by its number."""

TENSOR_TYPES = _names(schema.TensorType)
"""The name of each type of a tensor, as in "UINT8", by its number."""

Model = Any
"""A `schema.ModelT`: the generated module has no types."""


def load(path: Path) -> bytes:
    """The bytes of a TFLite file.

    Raises: ModelError: the file cannot be read, or does not begin as a model does.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error
    if data[4:8] != IDENTIFIER:
        raise ModelError(f"{path}: not a TFLite model; pull or copy it again")
    return data


def read(path: Path) -> Model:
    """The whole model as objects; every index in it names something that it has.

    Raises: ModelError: the file cannot be read, is no model, is damaged, has no subgraphs or no
    buffers, or needs a newer schema.
    """
    data = load(path)
    try:
        layout.check(data)
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    except (*DAMAGED, MemoryError) as error:
        raise ModelError(f"{path}: a damaged TFLite model; pull or copy it again") from error
    try:
        references.check(model, len(OPERATORS), len(TENSOR_TYPES))
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from error
    return model


def pack(model: Model) -> bytes:
    """The bytes of a file that holds the model."""
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())
