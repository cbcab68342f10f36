"""Workload: what there is to do in one run of a model, read from its file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from edgeinfer.errors import ModelError
from edgeinfer.model import cost
from edgeinfer.model.cost import Cost


@dataclass(frozen=True, slots=True)
class Workload:
    """`dtype` is the type that most multiply-accumulates are done in.

    `macs` and `dtype` None: nothing can be counted; `uncounted` names the operators that are left
    out.
    """

    macs: int | None
    dtype: str | None
    uncounted: tuple[str, ...]
    edgetpu: bool


def workload(path: Path) -> Workload:
    """Raises: ModelError: the file is no model, or has not one input of a known size."""
    found = cost.read(path)
    _check_input(path, found)
    return Workload(found.macs or None, _dtype(found), found.uncounted, found.edgetpu.compiled)


def _check_input(path: Path, found: Cost) -> None:
    """A batch of any size is run with one picture; an unknown picture cannot be."""
    if len(found.inputs) != 1:
        raise ModelError(f"{path}: has {len(found.inputs)} inputs; only models with one are timed")
    (tensor,) = found.inputs
    sides = tensor.signature or tensor.shape or ()
    if any(side < 0 for side in sides[1:]):
        shown = ", ".join("?" if side < 0 else str(side) for side in sides)
        raise ModelError(
            f"{path}: takes an input of any size ({shown}), so there is no one time; "
            "export it with a fixed size"
        )


def _dtype(found: Cost) -> str | None:
    """Of the activations: weights of 8 bits with real activations run as real numbers."""
    macs: Counter[str] = Counter()
    for operator in found.operators:
        if operator.activation is not None and operator.macs:
            macs[operator.activation.dtype] += operator.macs
    return macs.most_common(1)[0][0] if macs else None
