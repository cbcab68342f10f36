"""Agreement: how often two models, or two kernels of one model, say the same of a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.results import Classification, Detection, Finding, Mask
from edgeinfer.core.tensor import Array, TensorSpec

CONFIDENT = 0.5
_LEAST_IOU = 0.5
_SCORE_APART = 0.1  # what two kernels make of one score differs by some hundredths

TOP_1_CONFIDENT = "top_1_confident"
TOP_1 = "top_1"
BOXES_CONFIDENT = "boxes_confident"
CELLS = "cells"
OUTPUTS = "outputs"

MEANINGS: Mapping[str, str] = {
    TOP_1_CONFIDENT: "top-1 where either has a score of 0.5 or more",
    TOP_1: "top-1",
    BOXES_CONFIDENT: "boxes of 0.5 or more: label, IoU 0.5, score within 0.1; both directions",
    CELLS: "cells of the mask",
    OUTPUTS: "outputs: mean cosine similarity",
}
"""What is counted, in the order in which it is asked for."""


CONFIDENTLY = frozenset({TOP_1_CONFIDENT, BOXES_CONFIDENT})
"""What two kernels hardly ever see otherwise."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a model made of a picture."""

    findings: tuple[Finding, ...]
    outputs: Sequence[Array]


@dataclass(frozen=True, slots=True)
class Measure:
    """`same` out of `of`, for the `name` that MEANINGS explains."""

    name: str
    same: float
    of: int

    @property
    def share(self) -> float:
        return self.same / self.of


@dataclass(frozen=True, slots=True)
class Agreement:
    """Measures with nothing to count are left out.

    `largest_step` and `mean_step` say how far quantized outputs lie apart, in steps of their scale;
    None: none is quantized.
    """

    measures: tuple[Measure, ...]
    largest_step: int | None
    mean_step: float | None

    @property
    def judged(self) -> Measure | None:
        """The one that counts; None: the pictures show nothing."""
        return next(iter(self.measures), None)

    def share(self, name: str) -> float | None:
        return next((measure.share for measure in self.measures if measure.name == name), None)


@dataclass(slots=True)
class Meter:
    """Adds up pictures. `decoded`: the findings count; else the outputs as they are."""

    outputs: Sequence[TensorSpec]
    decoded: bool
    _counts: dict[str, tuple[float, int]] = field(default_factory=dict)
    _steps: list[tuple[int, float]] = field(default_factory=list)

    def add(self, first: Seen, second: Seen) -> None:
        counts = _found(first, second) if self.decoded else _similar(self.outputs, first, second)
        for name, (same, of) in counts.items():
            sum_same, sum_of = self._counts.get(name, (0, 0))
            self._counts[name] = sum_same + same, sum_of + of
        self._steps += _steps(self.outputs, first, second)

    def agreement(self) -> Agreement:
        named = [(name, *self._counts.get(name, (0, 0))) for name in MEANINGS]
        measures = tuple(Measure(*one) for one in named if one[-1])
        if not self._steps:
            return Agreement(measures, None, None)
        largest = max(largest for largest, _ in self._steps)
        mean = sum(mean for _, mean in self._steps) / len(self._steps)
        return Agreement(measures, largest, mean)


Reals = NDArray[np.float32]
Counts = dict[str, tuple[float, int]]
"""The name of a measure -> same, of."""


def _found(first: Seen, second: Seen) -> Counts:
    return {
        **_top_1(_of(Classification, first), _of(Classification, second)),
        **_boxes(_of(Detection, first), _of(Detection, second)),
        **_cells(_of(Mask, first), _of(Mask, second)),
    }


def _of(kind: type[Any], seen: Seen) -> list[Any]:
    return [finding for finding in seen.findings if isinstance(finding, kind)]


def _top_1(first: list[Classification], second: list[Classification]) -> Counts:
    if not first or not second:
        return {}
    same = int(first[0].label == second[0].label)
    sure = int(max(first[0].score, second[0].score) >= CONFIDENT)
    return {TOP_1_CONFIDENT: (same * sure, sure), TOP_1: (same, 1)}


def _boxes(first: list[Detection], second: list[Detection]) -> Counts:
    """Each box of 0.5 or more is looked for among all of the other's."""
    sure = [_sure(boxes) for boxes in (first, second)]
    same = _matched(sure[0], second) + _matched(sure[1], first)
    return {BOXES_CONFIDENT: (same, len(sure[0]) + len(sure[1]))}


def _sure(boxes: Iterable[Detection]) -> list[Detection]:
    return [box for box in boxes if box.score >= CONFIDENT]


def _matched(wanted: Iterable[Detection], others: Iterable[Detection]) -> int:
    """How many have a like; nothing is the like of two."""
    left = list(others)
    matched = 0
    for box in wanted:
        like = next((other for other in left if _alike(box, other)), None)
        if like is not None:
            left.remove(like)
            matched += 1
    return matched


def _alike(one: Detection, other: Detection) -> bool:
    return (
        one.label == other.label
        and abs(one.score - other.score) <= _SCORE_APART
        and one.box.iou(other.box) >= _LEAST_IOU
    )


def _cells(first: list[Mask], second: list[Mask]) -> Counts:
    pairs = list(zip(first, second, strict=True))
    same = sum(int(np.count_nonzero(one.cells == other.cells)) for one, other in pairs)
    return {CELLS: (same, sum(one.cells.size for one, _ in pairs))}


def _similar(specs: Sequence[TensorSpec], first: Seen, second: Seen) -> Counts:
    triples = zip(specs, first.outputs, second.outputs, strict=True)
    cosines = [_cosine(spec.real(one), spec.real(other)) for spec, one, other in triples]
    return {OUTPUTS: (sum(cosines), len(cosines))}


def _cosine(one: Reals, other: Reals) -> float:
    """1.0: they point the same way."""
    first, second = one.ravel().astype(np.float64), other.ravel().astype(np.float64)
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / lengths if lengths else float(np.array_equal(first, second))


def _steps(specs: Sequence[TensorSpec], first: Seen, second: Seen) -> list[tuple[int, float]]:
    """(largest, mean) of each quantized output."""
    found = []
    for spec, one, other in zip(specs, first.outputs, second.outputs, strict=True):
        if spec.scale != 0.0:
            apart = np.abs(one.astype(np.int32) - other.astype(np.int32))
            found.append((int(apart.max()), float(apart.mean())))
    return found
