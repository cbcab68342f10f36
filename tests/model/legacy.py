"""uint8 models as TFLite's converter of 2018 wrote them, small enough to see through."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeinfer.model import flatbuffer
from edgeinfer.model.flatbuffer import OPERATORS, schema
from tests.model.built import UINT8, Graph, Model

Codes = NDArray[Any]
ACTIVATION = (0.5, 128)
SHAPE = (1, 4, 4, 2)


def quantized(scale: float, zero_point: int) -> Any:
    table = schema.QuantizationParametersT()
    table.scale = np.array([scale], np.float32)
    table.zeroPoint = np.array([zero_point], np.int64)
    return table


def activation(
    graph: Graph, name: str, shape: Sequence[int] = SHAPE, values: tuple[float, int] = ACTIVATION
) -> int:
    return graph.tensor(name, shape, UINT8, quantization=quantized(*values))


def weights(graph: Graph, name: str, codes: Codes, scale: float, zero_point: int) -> int:
    return graph.constant(name, codes.astype(np.uint8), quantization=quantized(scale, zero_point))


def bias(graph: Graph, name: str, codes: Codes, scale: float) -> int:
    return graph.constant(name, codes.astype(np.int32), quantization=quantized(scale, 0))


def add_conv(graph: Graph, source: int, filters: int, added: int, target: int) -> None:
    options = schema.Conv2DOptionsT()
    options.strideW = options.strideH = 1
    graph.operator("CONV_2D", [source, filters, added], [target], options)


def conv(codes: Codes, zero_point: int, scale: float = 0.25) -> Model:
    """A convolution with filters (channels, 1, 1, 2)."""
    model = Model()
    graph = model.graph()
    channels = codes.shape[0]
    source = activation(graph, "source")
    target = activation(graph, "target", (*SHAPE[:3], channels), (8.0, 120))
    filters = weights(graph, "filters", codes, scale, zero_point)
    added = bias(graph, "bias", np.arange(channels) * 100 - 50, ACTIVATION[0] * scale)
    add_conv(graph, source, filters, added, target)
    graph.ends([source], [target])
    return model


def read(model: Model, folder: Path) -> Any:
    """As it comes out of a file."""
    return flatbuffer.read(model.save(folder))


def names(model: Any) -> list[str]:
    """The operators, in order."""
    codes = [max(one.builtinCode, one.deprecatedBuiltinCode) for one in model.operatorCodes]
    return [OPERATORS[codes[one.opcodeIndex]] for one in model.subgraphs[0].operators]


def versions(model: Any) -> dict[str, int]:
    return {
        OPERATORS[max(one.builtinCode, one.deprecatedBuiltinCode)]: one.version
        for one in model.operatorCodes
    }


def tensor(model: Any, name: str) -> Any:
    (found,) = [one for one in model.subgraphs[0].tensors if one.name == name.encode()]
    return found


def values(model: Any, name: str, dtype: type[Any]) -> Codes:
    """The stored numbers of a tensor."""
    found = tensor(model, name)
    data = np.asarray(model.buffers[found.buffer].data, np.uint8)
    shaped: Codes = data.view(dtype).reshape(found.shape)
    return shaped
