"""What a model costs, read from its file without running it. 1 MAC is 2 FLOPs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeinfer.model import edgetpu, flatbuffer, labels, memory, network, operators
from edgeinfer.model.network import Graph, Operator, Tensor
from edgeinfer.model.parameters import Ownership


@dataclass(frozen=True, slots=True)
class OperatorCost:
    """`macs` None: it cannot be counted; `note` says why.

    `parameters` None: they are inside a custom operator, where they cannot be read.
    """

    name: str
    version: int
    subgraph: int
    macs: int | None
    parameters: int | None
    custom_bytes: int  # what a custom operator carries in itself
    inputs: tuple[Tensor | None, ...]  # None: left out
    outputs: tuple[Tensor | None, ...]
    note: str | None

    @property
    def activation(self) -> Tensor | None:
        """What it works on, not a shape or an axis that it is told."""
        slot = operators.activation_slot(self.name)
        return self.inputs[slot] if slot < len(self.inputs) else None


@dataclass(frozen=True, slots=True)
class SubgraphCost:
    name: str
    operators: int
    macs: int | None  # of those that can be counted; None: there are no others
    activation_peak_bytes: int
    unsized: tuple[str, ...]  # tensors that the peak leaves out


@dataclass(frozen=True, slots=True)
class Kind:
    """An operator that a trimmed runtime must carry."""

    name: str
    version: int
    count: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Several subgraphs are summed, each once, however often control flow runs it."""

    file_bytes: int
    schema_version: int
    description: str
    weight_bytes: Mapping[str, int]  # by type; weights that share their bytes count once
    inputs: tuple[Tensor, ...]  # of the first subgraph: the one that an interpreter runs
    outputs: tuple[Tensor, ...]
    operators: tuple[OperatorCost, ...]
    subgraphs: tuple[SubgraphCost, ...]
    dynamic: tuple[str, ...]  # tensors counted at the shape that the file states, and may change
    metadata: tuple[str, ...]  # the names of its entries
    files: tuple[str, ...]  # in the ZIP at the end of the file
    labels: tuple[str, ...]
    edgetpu: edgetpu.Verdict

    @property
    def parameters(self) -> int | None:
        """Without those inside `sealed`; None: there are no others."""
        found = sum(operator.parameters or 0 for operator in self.operators)
        return found or (None if self.sealed else 0)

    @property
    def macs(self) -> int | None:
        """Without those of `uncounted`; None: there are no others."""
        return _macs(self.operators)

    @property
    def flops(self) -> int | None:
        return None if self.macs is None else 2 * self.macs

    @property
    def activation_peak_bytes(self) -> int:
        """An interpreter gives every subgraph memory of its own."""
        return sum(graph.activation_peak_bytes for graph in self.subgraphs)

    @property
    def custom_bytes(self) -> int:
        return sum(operator.custom_bytes for operator in self.operators)

    @property
    def uncounted(self) -> tuple[str, ...]:
        return _distinct(operator.name for operator in self.operators if operator.macs is None)

    @property
    def sealed(self) -> tuple[str, ...]:
        """Operators with data of their own, in which there may be parameters."""
        return _distinct(
            operator.name for operator in self.operators if operator.parameters is None
        )

    @property
    def control_flow(self) -> tuple[str, ...]:
        names = (operator.name for operator in self.operators)
        return _distinct(name for name in names if name in operators.CONTROL)

    @property
    def unsized(self) -> tuple[str, ...]:
        return _distinct(name for graph in self.subgraphs for name in graph.unsized)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        found = Counter((operator.name, operator.version) for operator in self.operators)
        return tuple(Kind(*kind, count) for kind, count in sorted(found.items()))


def read(path: Path) -> Cost:
    """Raises: ModelError: the file cannot be read, is no model, is damaged or too new."""
    model = flatbuffer.read(path)
    graphs = network.graphs(model, path)
    ownership = Ownership()
    costs = tuple(_operators(graphs, ownership))
    return Cost(
        path.stat().st_size,
        model.version,
        network.text(model.description),
        dict(ownership.bytes_by_type),
        tuple(graphs[0].tensors[index] for index in graphs[0].inputs),
        tuple(graphs[0].tensors[index] for index in graphs[0].outputs),
        costs,
        tuple(_subgraph(number, graph, costs) for number, graph in enumerate(graphs)),
        _distinct(name for graph in graphs for name in _dynamic(graph)),
        tuple(network.text(entry.name) for entry in model.metadata or ()),
        labels.embedded_files(path),
        labels.from_model(path) or (),
        edgetpu.verdict(graphs),
    )


def _operators(graphs: Iterable[Graph], ownership: Ownership) -> Iterator[OperatorCost]:
    for number, graph in enumerate(graphs):
        for operator, parameters in zip(graph.operators, ownership.owned(graph), strict=True):
            macs = operators.macs(graph, operator)
            yield OperatorCost(
                operator.name,
                operator.version,
                number,
                macs,
                None if _is_sealed(operator, macs) else parameters,
                operator.custom_bytes,
                _tensors(graph, operator.inputs),
                _tensors(graph, operator.outputs),
                _note(operator, macs),
            )


def _is_sealed(operator: Operator, macs: int | None) -> bool:
    return macs is None and operator.custom_bytes > 0


def _note(operator: Operator, macs: int | None) -> str | None:
    if operator.name in operators.CONTROL:
        return "runs other subgraphs, each counted once"
    if macs is not None:
        return None
    if operator.name == edgetpu.COMPILED:
        return "compiled for the Edge TPU: what is inside cannot be read"
    if operators.is_known(operator.name):
        return "its shapes are known only when it runs"
    return "a custom operator without a rule" if operator.is_custom else "there is no rule for it"


def _tensors(graph: Graph, indices: Iterable[int]) -> tuple[Tensor | None, ...]:
    return tuple(graph.tensors[index] if index >= 0 else None for index in indices)


def _macs(costs: Iterable[OperatorCost]) -> int | None:
    """None: not one of them can be counted, or those that can have none. Never 0 in silence."""
    each = [cost.macs for cost in costs]
    return sum(macs or 0 for macs in each) or (None if None in each else 0)


def _subgraph(number: int, graph: Graph, costs: Iterable[OperatorCost]) -> SubgraphCost:
    return SubgraphCost(
        graph.name,
        len(graph.operators),
        _macs(cost for cost in costs if cost.subgraph == number),
        memory.peak_bytes(graph),
        memory.unsized(graph),
    )


def _dynamic(graph: Graph) -> Iterator[str]:
    for tensor in graph.tensors:
        if any(side < 0 for side in (*tensor.signature, *(tensor.shape or ()))):
            yield tensor.name


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(names))
