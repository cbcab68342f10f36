from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeinfer.core.geometry import Box, Placement
from edgeinfer.core.results import Detection
from edgeinfer.core.tensor import Array, Head, TensorSpec
from edgeinfer.decoders.blazeface import BlazefaceDecoder
from edgeinfer.errors import ModelError
from tests.decoders.real import look

SHAPES = ((1, 896, 16), (1, 896, 1))
FIRST, MIDDLE = 0, 512 + 6 * (4 * 8 + 4)  # of stride 8 at the top left; of stride 16, cell (4, 4)
FACE = (0.0, 0.0, 32.0, 32.0)  # centred on its anchor, a quarter of the input wide


def decoder(
    shapes: tuple[tuple[int, ...], ...] = SHAPES,
    labels: tuple[str, ...] = ("face",),
    roles: Mapping[str, int] | None = None,
    **options: float,
) -> BlazefaceDecoder:
    specs = tuple(TensorSpec(f"out{i}", s, np.dtype(np.float32)) for i, s in enumerate(shapes))
    return BlazefaceDecoder(Head(specs, labels, roles or {}), BlazefaceDecoder.Options(**options))


def arrays(faces: Mapping[int, tuple[float, tuple[float, ...]]]) -> list[Array]:
    """Outputs with (logit, box in pixels) at some anchors, and no face elsewhere."""
    boxes, logits = np.zeros(SHAPES[0], np.float32), np.full(SHAPES[1], -300, np.float32)
    for anchor, (logit, box) in faces.items():
        boxes[0, anchor, :4], logits[0, anchor] = box, logit
    return [boxes, logits]


def edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


def test_a_box_is_centred_on_its_anchor_in_a_cell_of_eight_pixels() -> None:
    near = (12.0, 28.0, 16.0, 32.0)  # centre 12 px right of the anchor's 4 px, 28 px below it
    (face,) = decoder().decode(arrays({FIRST: (2.0, near)}), Placement())
    assert edges(face.box) == pytest.approx([8 / 128, 16 / 128, 24 / 128, 48 / 128])
    assert face.label == "face"


def test_the_larger_cells_come_after_the_smaller_ones() -> None:
    (face,) = decoder().decode(arrays({MIDDLE: (2.0, FACE)}), Placement())
    centre, half = 4.5 / 8, 0.125
    assert edges(face.box) == pytest.approx([centre - half, centre - half] + [centre + half] * 2)


def test_cells_are_counted_row_by_row() -> None:
    third = 2 * 3  # two anchors in each cell: the fourth cell of the first row
    (face,) = decoder().decode(arrays({third: (2.0, (0, 0, 2, 2))}), Placement())
    assert (face.box.left + face.box.right) / 2 == pytest.approx(3.5 / 16)
    assert (face.box.top + face.box.bottom) / 2 == pytest.approx(0.5 / 16)


def test_a_logit_becomes_a_score() -> None:
    (face,) = decoder().decode(arrays({MIDDLE: (2.0, FACE)}), Placement())
    assert face.score == pytest.approx(1 / (1 + np.exp(-2)))


def test_a_logit_of_zero_is_just_enough_for_half() -> None:
    assert len(decoder().decode(arrays({MIDDLE: (0.0, FACE)}), Placement())) == 1
    assert decoder().decode(arrays({MIDDLE: (-0.1, FACE)}), Placement()) == ()


@pytest.mark.parametrize("logit", [1e4, 3e38])
def test_great_logits_do_not_overflow(logit: float) -> None:
    outputs = arrays({MIDDLE: (logit, FACE), FIRST: (-logit, FACE)})
    assert [face.score for face in decoder().decode(outputs, Placement())] == [1.0]


def test_of_several_boxes_over_one_face_the_best_stays() -> None:
    outputs = arrays({MIDDLE: (1.0, FACE), MIDDLE + 1: (3.0, FACE), MIDDLE + 6: (2.0, FACE)})
    (face,) = decoder().decode(outputs, Placement())
    assert face.score == pytest.approx(1 / (1 + np.exp(-3)))


def test_faces_apart_from_each_other_all_stay_and_the_best_comes_first() -> None:
    outputs = arrays({MIDDLE: (1.0, FACE), MIDDLE + 18: (3.0, FACE)})
    faces = decoder().decode(outputs, Placement())
    assert [face.score for face in faces] == sorted((face.score for face in faces), reverse=True)
    assert len(faces) == 2


def test_how_much_faces_may_overlap_is_an_option() -> None:
    outputs = arrays({MIDDLE: (1.0, FACE), MIDDLE + 6: (3.0, FACE)})  # half of each: IoU 1/3
    assert len(decoder(overlap=0.3).decode(outputs, Placement())) == 1
    assert len(decoder(overlap=0.4).decode(outputs, Placement())) == 2


def test_faces_are_in_fractions_of_the_frame_and_clipped_to_it() -> None:
    outputs = arrays({MIDDLE: (2.0, FACE)})
    (face,) = decoder().decode(outputs, Placement(0.0, 0.5, 1.0, 1.0))
    assert edges(face.box) == pytest.approx([0.4375, 0.0, 0.6875, 0.375])


def test_a_face_in_the_bars_is_none() -> None:
    outputs = arrays({FIRST: (2.0, FACE)})
    assert decoder().decode(outputs, Placement(0.0, 0.25, 1.0, 0.75)) == ()


@pytest.mark.parametrize("labels", [(), ("face",)])
def test_a_face_is_called_so_without_labels_too(labels: tuple[str, ...]) -> None:
    (face,) = decoder(labels=labels).decode(arrays({MIDDLE: (2.0, FACE)}), Placement())
    assert face.label == "face"


def test_shapes_tell_the_outputs_apart() -> None:
    outputs = arrays({MIDDLE: (2.0, FACE)})
    assert len(decoder(SHAPES[::-1]).decode(outputs[::-1], Placement())) == 1


@pytest.mark.parametrize(
    ("shapes", "roles"),
    [
        (((1, 2304, 16), (1, 2304, 1)), {}),
        ((SHAPES[0],), {}),
        ((SHAPES[0], SHAPES[0]), {}),
        (SHAPES, {"boxes": 1, "scores": 0}),
    ],
)
def test_another_model_is_refused(shapes: Any, roles: dict[str, int]) -> None:
    with pytest.raises(ModelError, match=r"no (boxes|scores) of the shape \(1, 896"):
        decoder(shapes, roles=roles)


def test_more_than_one_label_is_refused() -> None:
    with pytest.raises(ModelError, match="2 of them; this model knows one"):
        decoder(labels=("face", "mask"))


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("face.jpg", [Box(0.50, 0.20, 0.69, 0.47), Box(0.26, 0.29, 0.44, 0.55)]),
        ("grace_hopper.bmp", [Box(0.33, 0.24, 0.71, 0.56)]),
        ("cat_720p.jpg", []),
    ],
)
def test_a_real_model_finds_the_faces_of_real_people(
    models: Path, images: Path, image: str, wanted: list[Box]
) -> None:
    model = models / "face_detection_short_range.tflite"
    faces = look(BlazefaceDecoder, model, images / image, fit="letterbox", level=127.5)
    assert len(faces) == len(wanted)
    for face, box in zip(faces, wanted, strict=True):
        assert isinstance(face, Detection)
        assert face.box.iou(box) > 0.85
