"""The weights and biases of a graph's operators, each rewritten once however many use it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from edgeinfer.errors import ModelError
from edgeinfer.model.int8_graph import Graph, taken
from edgeinfer.model.int8_operators import PER_CHANNEL_VERSIONS, WEIGHING, Weighing
from edgeinfer.model.int8_weights import Symmetric, rescaled_bias, symmetric

# Older runtimes know a fully connected layer with one scale for all its rows alone.
_ONE_SCALE = frozenset(PER_CHANNEL_VERSIONS)


class Filters:
    """`weights`: tensor -> what became of it; `stored`: tensor -> the one that is rewritten.

    That is itself, but for one of `shared`: it serves otherwise, too, so a copy is rewritten.
    """

    def __init__(self, graph: Graph, shared: AbstractSet[int]) -> None:
        self._graph, self._shared = graph, shared
        self.weights: dict[int, Symmetric] = {}
        self.stored: dict[int, int] = {}
        self._axes: dict[int, int] = {}
        self._biases: dict[tuple[int, int], int] = {}

    def rewrite(self, operator: Any, name: str) -> None:
        """Raises: ModelError: its weights or bias are computed, or serve two kinds of operators."""
        weighing = WEIGHING[name]
        index = taken(operator)[weighing.weights]
        if index not in self.weights:
            self._rewrite_weights(index, weighing.axis, may_be_one=name in _ONE_SCALE)
        if self._axes[index] != weighing.axis:
            where = self._graph.tensor_name(index)
            raise ModelError(f"tensor {where}: weights of two kinds of operators")
        operator.inputs[weighing.weights] = self.stored[index]
        if self.weights[index].rescaled:
            self._graph.raise_version(operator, PER_CHANNEL_VERSIONS.get(name, 1))
        self._rewrite_bias(operator, weighing, index)

    def _rewrite_weights(self, index: int, axis: int, *, may_be_one: bool) -> None:
        graph = self._graph
        codes = graph.codes(index)
        if codes is None:
            where = graph.tensor_name(index)
            raise ModelError(f"tensor {where}: weights that are computed, not stored")
        scale, zero_point = graph.quantization(index)
        found = symmetric(codes, zero_point, axis)
        one = may_be_one and not found.rescaled
        scales = scale if one else scale * found.factors
        target = graph.add(index, b"_weights") if index in self._shared else index
        graph.store(target, found.codes, scales, 0 if one else axis)
        self.stored[index] = target
        self.weights[index], self._axes[index] = found, axis

    def _rewrite_bias(self, operator: Any, weighing: Weighing, weights: int) -> None:
        inputs = taken(operator)
        if len(inputs) <= weighing.bias or inputs[weighing.bias] < 0:
            return
        pair = inputs[weighing.bias], weights
        if pair not in self._biases:
            self._biases[pair] = self._bias_for(*pair, inputs[weighing.inputs])
        operator.inputs[weighing.bias] = self._biases[pair]

    def _bias_for(self, bias: int, weights: int, source: int) -> int:
        """The bias itself, or a copy where it served other weights before."""
        graph = self._graph
        codes = graph.codes(bias)
        if codes is None:
            raise ModelError(f"tensor {graph.tensor_name(bias)}: a bias that is computed")
        served = any(bias == other for other, _ in self._biases)
        index = graph.add(bias, b"_int8") if served else bias
        # The kernels demand the scale of the products that it is added to.
        filters = graph.tensors[self.stored[weights]]
        scales = graph.quantization(source)[0] * filters.quantization.scale
        graph.store(index, rescaled_bias(codes, self.weights[weights].factors), scales, 0)
        return index
