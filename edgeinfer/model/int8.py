"""A legacy uint8 model as int8, without calibration data and exact wherever that is possible.

Today's kernels run int8 up to three times faster than uint8. Activations move by 128 and keep their
scale; so do the weights of every channel that fits (`int8_weights`). The outside keeps uint8: what
enters or leaves the graph, or a custom operator, is shifted on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeinfer.errors import ModelError
from edgeinfer.model.flatbuffer import Model
from edgeinfer.model.int8_filters import Filters
from edgeinfer.model.int8_graph import Graph, given, taken, touched
from edgeinfer.model.int8_operators import FIXED_OUTPUTS, RECURRENT, VERSIONS, WEIGHING

_CROSSINGS = frozenset({"DEQUANTIZE", "QUANTIZE"})  # between float and uint8, as they are meant to


@dataclass(frozen=True, slots=True)
class Changes:
    """`rescaled` of the `channels` of weights lost something; the others are what they were."""

    channels: int
    rescaled: int
    added_operators: int


def to_int8(model: Model) -> tuple[Model, Changes]:
    """A rewritten copy, whose inputs and outputs are what they were.

    Raises: ModelError: it is no uint8 model, or one that cannot be rewritten.
    """
    graph = Graph(model)
    _check_types(graph)
    inside = [operator for operator in graph.operators if _computes(graph, operator)]
    if not inside:
        raise ModelError("only custom operators compute in uint8; they cannot be rewritten")
    filters = _rewrite_filters(graph, inside)
    twins = _shift(graph, inside, set(filters.stored.values()))
    operators = _Joints(graph, inside, twins).operators()
    added = len(operators) - len(graph.operators)
    graph.finish(operators)
    weights = filters.weights.values()
    channels = sum(len(found.factors) for found in weights)
    return graph.model, Changes(channels, sum(found.rescaled for found in weights), added)


def _check_types(graph: Graph) -> None:
    """Raises: ModelError: there is nothing to rewrite."""
    used = {index for operator in graph.operators for index in touched(operator)}
    if any(graph.is_type(index, "INT8") for index in used):
        raise ModelError("computes in int8 already; there is nothing to rewrite")
    if RECURRENT & {graph.name(operator) for operator in graph.operators}:
        raise ModelError("a recurrent model; those are not rewritten")
    if not any(graph.is_type(index, "UINT8") for index in used):
        raise ModelError("computes in float; only uint8 models are rewritten")


def _computes(graph: Graph, operator: Any) -> bool:
    """Whether it computes in uint8; a custom operator keeps the types that it knows.

    Raises: ModelError: it does, and there is no way to do the same in int8.
    """
    name = graph.name(operator)
    if name == "CUSTOM" or not any(graph.is_type(index, "UINT8") for index in touched(operator)):
        return False
    if name not in VERSIONS:
        raise ModelError(f"operator {name}: not known to do in int8 what it does in uint8")
    _check_unmixed(graph, operator, name)
    return True


def _check_unmixed(graph: Graph, operator: Any, name: str) -> None:
    """Raises: ModelError: float activations meet uint8 weights, or it gives another type.

    Hybrid kernels read the codes of such weights in a way of their own.
    """
    if name in _CROSSINGS:
        return
    tensors = touched(operator)
    if any(graph.is_type(i, "FLOAT32") or graph.is_type(i, "FLOAT16") for i in tensors):
        raise ModelError(f"operator {name}: mixes float with uint8; a hybrid is not rewritten")
    weighing = WEIGHING.get(name)
    if weighing is None:
        return
    for index in (taken(operator)[weighing.inputs], *given(operator)):
        if not graph.is_type(index, "UINT8"):
            where = graph.tensor_name(index)
            raise ModelError(f"operator {name}: {where} is not uint8; it is not rewritten")


def _rewrite_filters(graph: Graph, inside: Iterable[Any]) -> Filters:
    filters = Filters(graph, _served_otherwise(graph))
    for operator in inside:
        name = graph.name(operator)
        graph.raise_version(operator, VERSIONS[name])
        if name in WEIGHING:
            filters.rewrite(operator, name)
    return filters


def _served_otherwise(graph: Graph) -> set[int]:
    """The tensors that are something else than weights, and have another zero point there."""
    others = {*graph.inputs, *graph.outputs}
    for operator in graph.operators:
        weighing = WEIGHING.get(graph.name(operator))
        place = weighing.weights if weighing else None
        others.update(index for n, index in enumerate(taken(operator)) if n != place)
    return others


def _shift(graph: Graph, inside: list[Any], done: set[int]) -> dict[int, int]:
    """Make int8 of every tensor inside; of one that the outside knows, a twin is made.

    Gives: the tensor that stays uint8 -> its twin.
    """
    kept = {id(operator) for operator in inside}
    others = [operator for operator in graph.operators if id(operator) not in kept]
    outside = {*graph.inputs, *graph.outputs, *(i for other in others for i in touched(other))}
    twins = {}
    for index in sorted({index for operator in inside for index in touched(operator)} - done):
        if graph.is_type(index, "UINT8"):
            _, zero_point = graph.quantization(index)
            target = index
            if index in outside:
                target = twins[index] = graph.add(index, b"_int8")
            graph.shift(target, zero_point, graph.codes(index))
    return twins


class _Joints:
    """The operators again, joined by new ones wherever two neighbours do not fit together."""

    def __init__(self, graph: Graph, inside: Iterable[Any], twins: dict[int, int]) -> None:
        self._graph = graph
        self._inside = {id(operator) for operator in inside}
        self._twins = twins
        self._joined: dict[tuple[int, float, int], int] = {}

    def operators(self) -> list[Any]:
        joined = list(self._entering(self._graph.inputs))
        for operator in self._graph.operators:
            joined += self._with_joints(operator)
        return joined

    def _with_joints(self, operator: Any) -> Iterator[Any]:
        outputs = given(operator)
        if id(operator) not in self._inside:
            yield operator
            yield from self._entering(outputs)
            return
        operator.inputs = self._inner(taken(operator))
        operator.outputs = self._inner(outputs)
        yield from self._before(operator)
        yield operator
        yield from self._after(operator)
        yield from self._leaving(outputs)

    def _inner(self, tensors: Iterable[int]) -> Any:
        return np.array([self._twins.get(index, index) for index in tensors], np.int32)

    def _entering(self, tensors: Iterable[int]) -> Iterator[Any]:
        for index in tensors:
            if index in self._twins:
                yield from self._cross(index, self._twins[index])

    def _leaving(self, tensors: Iterable[int]) -> Iterator[Any]:
        for index in tensors:
            if index in self._twins:
                yield from self._cross(self._twins[index], index)

    def _cross(self, source: int, target: int) -> Iterator[Any]:
        """Between uint8 and int8 by way of real numbers, which loses nothing.

        One QUANTIZE would do, but XNNPACK has none for that, and makes one step of these two: 29 µs
        instead of the 191 µs of TFLite's own kernel, on a picture of 300 px (x86-64).
        """
        real = self._graph.add_real(source)
        yield self._graph.operator("DEQUANTIZE", source, real)
        yield self._graph.operator("QUANTIZE", real, target)

    def _before(self, operator: Any) -> Iterator[Any]:
        """In int8 a concatenation only copies; in uint8 it rescaled."""
        graph = self._graph
        if graph.name(operator) != "CONCATENATION":
            return
        wanted = graph.quantization(given(operator)[0])
        for position, index in enumerate(taken(operator)):
            if graph.quantization(index) == wanted:
                continue
            if (index, *wanted) not in self._joined:
                self._joined[index, *wanted] = joined = graph.add(index, b"_rescaled")
                graph.requantize(joined, *wanted)
                yield graph.operator("QUANTIZE", index, joined)
            operator.inputs[position] = self._joined[index, *wanted]

    def _after(self, operator: Any) -> Iterator[Any]:
        """Some outputs have a scale that int8 kernels insist on."""
        graph = self._graph
        fixed = FIXED_OUTPUTS.get(graph.name(operator))
        index = given(operator)[0]
        if fixed is None or graph.quantization(index) == fixed:
            return
        operator.outputs[0] = graph.add(index, b"_fixed")
        graph.requantize(int(operator.outputs[0]), *fixed)
        yield graph.operator("QUANTIZE", int(operator.outputs[0]), index)
