"""Semantic segmentation, such as DeepLab v3: a label for each cell of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Mask
from edgeinfer.core.tensor import Array, Head, TensorSpec
from edgeinfer.decoders.roles import only_output
from edgeinfer.errors import ModelError

_MOST_LABELS = 256  # what a uint8 cell can tell apart

Cells = NDArray[np.uint8]


class SegmentationDecoder:
    """One mask that covers the picture; label 0 is the background.

    The output is (1, H, W) or (1, H, W, 1): the index of a label; or (1, H, W, C): a score for each
    of C labels. The bars of a letterbox are cut away. Background is what a label that is left out
    becomes, and what a crop does not see. `min_score` plays no part: a cell takes its best label.

    Raises: ModelError: the output is of another shape, or there are not C labels.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """Nothing to choose."""

    def __init__(self, head: Head, options: Options | None = None) -> None:
        self._options = options or self.Options()
        self._index, spec = only_output(head, "labels")
        self._scored = len(spec.shape) == 4 and spec.shape[-1] > 1
        _check(spec, len(head.labels), scored=self._scored)
        self._labels = head.labels
        self._shown = _shown(head)

    def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Mask, ...]:
        grid = outputs[self._index][0]
        rows = _span(placement.top, placement.bottom, grid.shape[0])
        columns = _span(placement.left, placement.right, grid.shape[1])
        seen = grid[_inside(rows, grid.shape[0]), _inside(columns, grid.shape[1])]
        best = seen.argmax(axis=-1) if self._scored else seen.reshape(seen.shape[:2])
        cells = _padded(best.astype(np.uint8), (rows, grid.shape[0]), (columns, grid.shape[1]))
        if self._shown is not None:
            cells = self._shown[cells]
        cells.flags.writeable = False
        return (Mask(self._names(int(cells.max())), cells),)

    def _names(self, greatest: int) -> tuple[str, ...]:
        """The labels, and a name for each class beyond them that the model gave all the same."""
        strangers = range(len(self._labels), greatest + 1)
        return self._labels + tuple(f"class {index}" for index in strangers)


def _span(first: float, last: float, cells: int) -> tuple[int, int]:
    """The cells between a frame's two edges along one axis; some may lie beyond the grid."""
    start = round(first * cells)
    return start, max(round(last * cells), start + 1)


def _inside(span: tuple[int, int], cells: int) -> slice:
    return slice(max(span[0], 0), min(span[1], cells))


def _padded(cells: Cells, *axes: tuple[tuple[int, int], int]) -> Cells:
    """With background where a frame reaches beyond the grid."""
    margins = [(max(-start, 0), max(stop - count, 0)) for (start, stop), count in axes]
    return np.pad(cells, margins) if any(map(any, margins)) else cells


def _shown(head: Head) -> Cells | None:
    """What each label's index becomes where some are left out; None where none is."""
    left_out = np.full(_MOST_LABELS, bool(head.allow))
    left_out[: len(head.labels)] = np.isinf(head.thresholds())
    if not left_out.any():
        return None
    return np.where(left_out, 0, np.arange(_MOST_LABELS)).astype(np.uint8)


def _check(spec: TensorSpec, labels: int, *, scored: bool) -> None:
    where, shape = f"output {spec.name!r}", spec.shape
    if len(shape) not in (3, 4) or shape[0] != 1:
        raise ModelError(f"{where}: shape {shape} is no grid; (1, H, W) or (1, H, W, C) is")
    if scored and shape[-1] != labels:
        raise ModelError(
            f"{where}: {shape[-1]} scores for each cell but {labels} labels; the model's own "
            "labels, with the background, are needed"
        )
    if not 0 < labels <= _MOST_LABELS:
        raise ModelError(f"{where}: {labels} labels; a mask needs 1 to {_MOST_LABELS}")
