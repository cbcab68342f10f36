"""What stands in a .tflite's graph, read lazily: nothing is unpacked that is not asked for.

`flatbuffer` reads the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgeinfer.errors import ModelError

_DETECTION = "TFLite_Detection_PostProcess"
_CLASS_SCORES = 1  # its inputs: box encodings, class scores, anchors


def custom_operators(path: Path) -> tuple[str, ...]:
    """The names of the operators that TFLite itself does not define, in the file's order.

    Raises: ModelError: the file cannot be read, or is no model.
    """
    with _reading(path) as model:
        return tuple(name for name in _operator_names(model) if name)


def detection_classes(path: Path) -> int | None:
    """How many classes a `TFLite_Detection_PostProcess` scores, without the background.

    None: the model has no such operator. Raises: ModelError: the file cannot be read, or is no
    model.
    """
    with _reading(path) as model:
        names = _operator_names(model)
        graph = model.Subgraphs(0)
        for number in range(graph.OperatorsLength()):
            operator = graph.Operators(number)
            if names[operator.OpcodeIndex()] == _DETECTION:
                return _option_classes(operator) or _tensor_classes(graph, operator)
    return None


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    """The model's root; what a broken file makes the FlatBuffers reader raise is a ModelError."""
    try:
        from edgeinfer.model import flatbuffer
    except ImportError as error:  # with tflite-runtime alone, which carries no schema
        raise ModelError(
            f"{path}: reading its graph needs ai-edge-litert; install it, or write a card for it"
        ) from error

    data = flatbuffer.load(path)
    try:
        yield flatbuffer.schema.Model.GetRootAs(data, 0)
    except flatbuffer.DAMAGED as error:
        raise ModelError(f"{path}: a damaged TFLite model; pull or copy it again") from error


def _operator_names(model: Any) -> list[str]:
    """The custom name of each operator code; "" for TFLite's own operators."""
    codes = (model.OperatorCodes(number) for number in range(model.OperatorCodesLength()))
    return [(code.CustomCode() or b"").decode() for code in codes]


def _option_classes(operator: Any) -> int | None:
    """`num_classes` among the operator's own options, a flexbuffer."""
    from flatbuffers import flexbuffers

    if not operator.CustomOptionsLength():
        return None
    options = flexbuffers.GetRoot(operator.CustomOptionsAsNumpy().tobytes()).AsMap
    return options["num_classes"].AsInt if "num_classes" in _keys(options) else None


def _keys(options: Any) -> list[str]:
    return [key.AsKey for key in options.Keys]


def _tensor_classes(graph: Any, operator: Any) -> int:
    """The class scores are (1, anchors, classes with background)."""
    scores = graph.Tensors(operator.Inputs(_CLASS_SCORES))
    return int(scores.Shape(scores.ShapeLength() - 1)) - 1
