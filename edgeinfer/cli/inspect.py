"""`edgeinfer inspect`: what a model costs, in words or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeinfer.errors import ModelError

if TYPE_CHECKING:  # it loads the schema, which only this verb's work needs
    from edgeinfer.model.cost import Cost, OperatorCost
    from edgeinfer.model.network import Tensor

_FIRST_LABELS = 3
_MOST_SHOWN = 4  # of tensors that are only named


@click.command("inspect")
@click.argument("model")
@click.option("--ops", "each", is_flag=True, help="A table of every operator.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(model: str, *, each: bool, as_json: bool) -> None:
    """What MODEL costs, read from its file without running it.

    MODEL is the path of a .tflite or a name of the menu. Parameters, multiply-accumulates (MACs),
    bytes, operators, the peak of activation memory, and what an Edge TPU would take of it.
    """
    from edgeinfer.model import cost

    path = _path(model)
    found = cost.read(path)
    if as_json:
        print(json.dumps(_document(path, found), indent=2, ensure_ascii=False))
    else:
        _print(path, found, each=each)


def _path(text: str) -> Path:
    """Raises: ModelError: a model of the menu that is not here. ConfigError: not on the menu."""
    from edgeinfer.model import menu, weights
    from edgeinfer.shorthand import model_table

    if "path" in model_table(text):
        return Path(text)
    card = menu.find(text)
    found = weights.locate(card)
    if found is None:
        raise ModelError(f"{card.name}: not here; pull it: edgeinfer models pull {card.name}")
    return found


def _document(path: Path, cost: Cost) -> dict[str, Any]:
    return {
        "model": str(path),
        "file_bytes": cost.file_bytes,
        "schema_version": cost.schema_version,
        "description": cost.description,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "flops": cost.flops,
        "weight_bytes": cost.weight_bytes,
        "custom_bytes": cost.custom_bytes,
        "activation_peak_bytes": cost.activation_peak_bytes,
        "inputs": [_quantized(tensor) for tensor in cost.inputs],
        "outputs": [_quantized(tensor) for tensor in cost.outputs],
        "operators": [_operator(operator) for operator in cost.operators],
        "distinct_operators": [asdict(kind) for kind in cost.kinds],
        "uncounted": cost.uncounted,
        "uncounted_parameters": cost.sealed,
        "control_flow": cost.control_flow,
        "unsized_tensors": cost.unsized,
        "dynamic_tensors": cost.dynamic,
        "subgraphs": [asdict(graph) for graph in cost.subgraphs],
        "metadata": {"entries": cost.metadata, "files": cost.files},
        "labels": cost.labels,
        "edgetpu": asdict(cost.edgetpu),
    }


def _operator(operator: OperatorCost) -> dict[str, Any]:
    return {
        "name": operator.name,
        "version": operator.version,
        "subgraph": operator.subgraph,
        "macs": operator.macs,
        "parameters": operator.parameters,
        "inputs": [tensor and _tensor(tensor) for tensor in operator.inputs],
        "outputs": [tensor and _tensor(tensor) for tensor in operator.outputs],
        "note": operator.note,
    }


def _tensor(tensor: Tensor) -> dict[str, Any]:
    return {"name": tensor.name, "shape": tensor.shape, "type": tensor.dtype}


def _quantized(tensor: Tensor) -> dict[str, Any]:
    found = tensor.quantization
    quantization = found and {
        "scales": [scale if isfinite(scale) else None for scale in found.scales],
        "zero_points": found.zero_points,
        "axis": found.axis,
    }
    return {**_tensor(tensor), "signature": tensor.signature or None, "quantization": quantization}


def _print(path: Path, cost: Cost, *, each: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    # The names in a file may hold anything; none of it is markup.
    console = Console(markup=False, highlight=False, emoji=False)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, line in _lines(path, cost):
        table.add_row(name, _printable(line))
    console.print(table)
    if each:
        console.print()
        console.print(_operators(cost))


def _lines(path: Path, cost: Cost) -> Iterator[tuple[str, str]]:
    yield "model", f"{path.name}, {cost.file_bytes:,} bytes"
    yield "parameters", _millions(cost.parameters) + _left_out(cost.sealed)
    yield "MACs", _millions(cost.macs) + _left_out(cost.uncounted)
    yield "FLOPs", _millions(cost.flops)
    yield "weights", _weights(cost)
    yield "activations", f"{cost.activation_peak_bytes:,} bytes at the peak" + _without(cost)
    yield from (("input", _described(tensor)) for tensor in cost.inputs)
    yield from (("output", _described(tensor)) for tensor in cost.outputs)
    kinds = (f"{kind.count} {kind.name} (version {kind.version})" for kind in cost.kinds)
    yield "operators", "\n".join(kinds)
    yield from _remarks(cost)
    yield "Edge TPU", "\n".join(_edgetpu(cost))


def _weights(cost: Cost) -> str:
    parts = [f"{size:,} bytes {kind}" for kind, size in cost.weight_bytes.items()]
    if cost.custom_bytes:
        parts.append(f"{cost.custom_bytes:,} bytes inside custom operators")
    return ", ".join(parts) or "none"


def _remarks(cost: Cost) -> Iterator[tuple[str, str]]:
    if len(cost.subgraphs) > 1:
        names = ", ".join(graph.name or "unnamed" for graph in cost.subgraphs)
        yield "subgraphs", f"{len(cost.subgraphs)}, summed: {names}"
    if cost.control_flow:
        yield "control flow", f"{', '.join(cost.control_flow)}: what they run is counted once"
    if cost.dynamic:
        yield "may change", f"the shape of {_some(cost.dynamic)}; counted as the file states it"
    if cost.metadata or cost.files:
        yield "metadata", ", ".join(cost.metadata + cost.files)
    if cost.labels:
        first = ", ".join(cost.labels[:_FIRST_LABELS])
        yield "labels", f"{len(cost.labels)} in the file: {first}, …"


def _edgetpu(cost: Cost) -> Iterator[str]:
    verdict = cost.edgetpu
    if verdict.compiled:
        yield "compiled for it: runs nowhere else"
        return
    takes = sum(verdict.takes.values())
    yield f"not compiled for it; it would take {takes} of {len(cost.operators)} operators"
    for refusal in verdict.refuses:
        yield f"refused: {refusal.count} {refusal.name}, {refusal.reason}"


def _operators(cost: Cost) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, collapse_padding=True)
    table.add_column("operator", overflow="fold")
    for heading in ("input", "output", "MACs", "parameters"):
        table.add_column(heading, justify="right", overflow="fold")
    for operator in cost.operators:
        table.add_row(
            _printable(operator.name),
            _known_shape(operator.activation),
            _known_shape(next(iter(operator.outputs), None)),
            _count(operator.macs),
            _count(operator.parameters),
        )
    return table


def _known_shape(tensor: Tensor | None) -> str:
    return "" if tensor is None else _shape(tensor)


def _count(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def _shape(tensor: Tensor) -> str:
    sides = tensor.signature or tensor.shape
    return "?" if sides is None else "x".join("?" if side < 0 else str(side) for side in sides)


def _described(tensor: Tensor) -> str:
    parts = [tensor.name, _shape(tensor), tensor.dtype]
    if found := tensor.quantization:
        several = len(found.scales) > 1
        scale = f"{len(found.scales)} scales" if several else f"scale {found.scales[0]:.6g}"
        zero = f", zero {found.zero_points[0]}" if found.zero_points and not several else ""
        parts.append(f"({scale}{zero})")
    return " ".join(part for part in parts if part)


def _millions(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,} ({count / 1e6:.2f} M)"


def _left_out(names: tuple[str, ...]) -> str:
    return f"; not counted: {', '.join(names)}" if names else ""


def _without(cost: Cost) -> str:
    return f", without {_some(cost.unsized)}: sized when it runs" if cost.unsized else ""


def _some(names: tuple[str, ...]) -> str:
    rest = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
