from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer import picture
from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Mask
from edgeinfer.core.tensor import Array, Head, TensorSpec
from edgeinfer.decoders.segmentation import SegmentationDecoder
from edgeinfer.errors import ModelError
from tests.decoders.real import look, words

LABELS = ("background", "bird", "cat")
GRID = np.array([[0, 1, 1, 0], [2, 1, 1, 2], [0, 2, 2, 0], [0, 0, 1, 1]])


def mask(values: Array, placement: Placement | None = None, **head: Any) -> Mask:
    spec = TensorSpec("labels", values.shape, values.dtype)
    decoder = SegmentationDecoder(Head((spec,), head.pop("labels", LABELS), **head))
    (found,) = decoder.decode([values], placement or Placement())
    return found


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, np.int32])
@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 4, 4, 1)])
def test_labels_of_any_type_become_cells(dtype: Any, shape: tuple[int, ...]) -> None:
    found = mask(GRID.astype(dtype).reshape(shape))
    assert found.labels == LABELS
    assert found.cells.dtype == np.uint8
    assert np.array_equal(found.cells, GRID)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int8])
def test_of_several_scores_the_best_label_is_taken(dtype: Any) -> None:
    scores = (np.eye(3)[GRID] * 100).astype(dtype)[None]
    assert np.array_equal(mask(scores).cells, GRID)


def test_the_bars_of_a_letterbox_are_cut_away() -> None:
    assert np.array_equal(mask(GRID[None], Placement(0, 0.25, 1, 0.75)).cells, GRID[1:3])
    assert np.array_equal(mask(GRID[None], Placement(0.5, 0, 1, 1)).cells, GRID[:, 2:])


def test_what_a_crop_does_not_see_is_background() -> None:
    cells = mask(np.full((1, 4, 4), 2), Placement(-0.5, 0, 1.5, 1)).cells
    assert cells.shape == (4, 8)
    assert (cells[:, 2:6] == 2).all()
    assert (cells[:, :2] == 0).all()
    assert (cells[:, 6:] == 0).all()


@given(*[st.floats(-1, 0.9)] * 2, *[st.floats(0.01, 2)] * 2)
def test_a_mask_has_cells_wherever_the_frame_lies(
    left: float, top: float, width: float, height: float
) -> None:
    placement = Placement(left, top, max(left + width, 0.1), max(top + height, 0.1))
    assert min(mask(GRID[None], placement).cells.shape) >= 1


def test_a_label_that_is_left_out_becomes_background() -> None:
    assert set(np.unique(mask(GRID[None], deny=frozenset({"cat"})).cells)) == {0, 1}
    assert set(np.unique(mask(GRID[None], allow=frozenset({"cat"})).cells)) == {0, 2}


def test_a_class_beyond_the_labels_is_called_by_its_number() -> None:
    found = mask(GRID[None], labels=("background", "bird"))
    assert found.labels == ("background", "bird", "class 2")


def test_nobody_can_write_into_a_mask() -> None:
    assert not mask(GRID[None]).cells.flags.writeable


def test_scores_and_labels_must_be_as_many() -> None:
    with pytest.raises(ModelError, match="4 scores for each cell but 3 labels"):
        mask(np.zeros((1, 2, 2, 4), np.float32))


@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4), (1, 1, 4, 4, 3)])
def test_an_output_that_is_no_grid_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="is no grid"):
        mask(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("number", [0, 257])
def test_a_mask_needs_labels_and_cannot_hold_more_than_a_byte_counts(number: int) -> None:
    with pytest.raises(ModelError, match="a mask needs 1 to 256"):
        mask(GRID[None], labels=("x",) * number)


def test_a_real_model_finds_the_bird_cell_by_cell(models: Path, images: Path) -> None:
    labels = words(models / "pascal_voc_segmentation_labels.txt")[:21]
    model = models / "deeplabv3_mnv2_dm05_pascal_quant.tflite"
    (found,) = look(SegmentationDecoder, model, images / "bird_segmentation.bmp", labels)
    assert isinstance(found, Mask)
    bird = found.cells == labels.index("bird")
    truth = picture.load(images / "bird_segmentation_mask.bmp")[..., 0] == labels.index("bird")
    assert (bird & truth).sum() / (bird | truth).sum() > 0.8
