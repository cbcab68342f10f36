"""The peak of activation memory: which tensors are alive at once, in the file's operator order."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from edgeinfer.model.network import Graph


def peak_bytes(graph: Graph) -> int:
    """The most that is alive during any one operator.

    A tensor lives from the operator that makes it to the last one that reads it; the graph's inputs
    from the first operator on, its outputs to the last, variables always. Constants are in the file
    and not counted; nor is what a kernel takes for itself, nor a tensor of unknown size.
    """
    steps = max(1, len(graph.operators))
    changes = [0] * (steps + 1)
    for index, (first, last) in _Lives(graph).items():
        size = graph.tensors[index].memory_bytes or 0
        changes[first] += size
        changes[last + 1] -= size
    return max(accumulate(changes))


def unsized(graph: Graph) -> tuple[str, ...]:
    """The names of the live tensors whose size is known only when the model runs."""
    found = (graph.tensors[index] for index in sorted(_Lives(graph)))
    return tuple(tensor.name for tensor in found if tensor.memory_bytes is None)


class _Lives(dict[int, tuple[int, int]]):
    """The first and the last operator of each live tensor, by its index."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        end = max(0, len(graph.operators) - 1)
        self._constants = {i for i, tensor in enumerate(graph.tensors) if tensor.is_constant}
        self._extend(graph.inputs, 0)
        for step, operator in enumerate(graph.operators):
            self._extend(operator.outputs, step)
            self._extend((index for index in operator.inputs if index in self), step)
        self._extend(graph.outputs, end)
        for index, tensor in enumerate(graph.tensors):
            if tensor.is_variable:
                self[index] = 0, end

    def _extend(self, indices: Iterable[int], step: int) -> None:
        for index in indices:
            if index >= 0 and index not in self._constants:
                self[index] = self.get(index, (step, step))[0], step
