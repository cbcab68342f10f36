from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.core.geometry import Box, Placement
from edgeinfer.core.results import Detection
from edgeinfer.core.tensor import Array, Head, TensorSpec
from edgeinfer.decoders.ssd import SsdDecoder
from edgeinfer.errors import ModelError
from tests.decoders.real import look, words

LABELS = ("person", "cat", "train")
OPERATOR = "TFLite_Detection_PostProcess"
OPERATOR_NAMES = (OPERATOR, f"{OPERATOR}:1", f"{OPERATOR}:2", f"{OPERATOR}:3")
FLOAT = np.dtype(np.float32)
MIDDLE = (0.25, 0.25, 0.75, 0.75)  # top left bottom right


def specs(names: Sequence[str] = OPERATOR_NAMES, boxes: int = 3) -> tuple[TensorSpec, ...]:
    shapes = ((1, boxes, 4), (1, boxes), (1, boxes), (1,))
    return tuple(TensorSpec(n, s, FLOAT) for n, s in zip(names, shapes, strict=True))


def decoder(outputs: tuple[TensorSpec, ...] | None = None, **head: Any) -> SsdDecoder:
    return SsdDecoder(Head(outputs or specs(), head.pop("labels", LABELS), **head))


def arrays(*rows: tuple[float, float, Sequence[float]], count: int | None = None) -> list[Array]:
    """Outputs in the operator's order, of (class, score, box)."""
    classes, scores, boxes = zip(*rows, strict=True)
    number = len(rows) if count is None else count
    columns = ([boxes], [classes], [scores], [number])
    return [np.array(column, np.float32) for column in columns]


def found(outputs: Sequence[Array], **head: Any) -> list[tuple[str, float]]:
    detections = decoder(**head).decode(outputs, Placement())
    return [(detection.label, detection.score) for detection in detections]


def boxes(outputs: Sequence[Array], placement: Placement | None = None) -> list[Box]:
    return [one.box for one in decoder().decode(outputs, placement or Placement())]


# --- what is found -----------------------------------------------------------------------------


def test_a_detection_has_its_label_its_score_and_its_box() -> None:
    outputs = arrays((2, 0.75, (0.1, 0.2, 0.3, 0.4)))
    (train,) = decoder().decode(outputs, Placement())
    assert (train.label, train.score, train.track) == ("train", 0.75, None)
    edges = [train.box.left, train.box.top, train.box.right, train.box.bottom]
    assert edges == pytest.approx([0.2, 0.1, 0.4, 0.3])


def test_only_as_many_as_the_count_says_are_detections() -> None:
    rows = [(0, 0.9, MIDDLE), (1, 0.9, MIDDLE), (2, 0.9, MIDDLE)]
    assert [label for label, _ in found(arrays(*rows, count=2))] == ["person", "cat"]
    assert found(arrays(*rows, count=0)) == []


def test_scores_need_not_be_sorted() -> None:
    rows = [(0, 0.25, MIDDLE), (1, 0.5, MIDDLE), (2, 0.0, MIDDLE), (1, 0.75, MIDDLE)]
    assert found(arrays(*rows)) == [("cat", 0.5), ("cat", 0.75)]


@pytest.mark.parametrize("number", [1, 10, 25, 100])
def test_a_model_may_give_any_number_of_boxes(number: int) -> None:
    outputs = arrays(*[(1, 0.75, MIDDLE)] * number)
    every = decoder(specs(boxes=number)).decode(outputs, Placement())
    assert len(every) == number


def test_each_label_may_have_its_own_threshold() -> None:
    rows = [(0, 0.5, MIDDLE), (1, 0.5, MIDDLE), (2, 0.25, MIDDLE)]
    scores = {"person": 0.75, "train": 0.25}
    assert found(arrays(*rows), label_scores=scores) == [("cat", 0.5), ("train", 0.25)]


def test_allowed_labels_are_the_only_ones_and_denied_ones_never() -> None:
    outputs = arrays((0, 0.9, MIDDLE), (1, 0.75, MIDDLE), (2, 0.5, MIDDLE))
    allow, deny = frozenset({"cat", "train"}), frozenset({"cat"})
    assert found(outputs, allow=allow) == [("cat", 0.75), ("train", 0.5)]
    assert found(outputs, allow=allow, deny=deny) == [("train", 0.5)]


@pytest.mark.parametrize("index", [3, 91, -1])
def test_a_class_beyond_the_labels_is_called_by_its_number(index: int) -> None:
    outputs = arrays((index, 0.75, MIDDLE))
    name = f"class {index}"
    assert found(outputs) == [(name, 0.75)]
    assert found(outputs, min_score=0.9) == []
    assert found(outputs, allow=frozenset(LABELS)) == []
    assert found(outputs, deny=frozenset({name})) == []


def test_quantized_outputs_become_real() -> None:
    eighth = (1 / 8, 8)
    outputs = (
        TensorSpec("box", (1, 1, 4), np.dtype(np.uint8), *eighth),
        TensorSpec("class", (1, 1), np.dtype(np.uint8), 1.0, 0),
        TensorSpec("score", (1, 1), np.dtype(np.int8), 1 / 256, -128),
        TensorSpec("count", (1,), np.dtype(np.uint8), 1.0, 0),
    )
    values = [
        np.array([[[10, 9, 14, 16]]], np.uint8),
        np.array([[2]], np.uint8),
        np.array([[64]], np.int8),
        np.array([1], np.uint8),
    ]
    wanted = Detection("train", 0.75, Box(0.125, 0.25, 1.0, 0.75))
    assert decoder(outputs).decode(values, Placement()) == (wanted,)


# --- where it is -------------------------------------------------------------------------------


def test_boxes_are_clipped_to_the_picture() -> None:
    assert boxes(arrays((0, 0.9, (-0.5, -0.25, 1.5, 0.5)))) == [Box(0, 0, 0.5, 1)]


@pytest.mark.parametrize(
    "box",
    [(-0.5, 0.2, -0.1, 0.4), (0.2, 1.25, 0.4, 1.5), (0.5, 0.5, 0.5, 0.75), (0.75, 0.5, 0.25, 0.6)],
)
def test_a_box_of_which_nothing_lies_in_the_picture_is_no_detection(box: Sequence[float]) -> None:
    assert boxes(arrays((0, 0.9, box))) == []


def test_boxes_are_in_fractions_of_the_frame_and_not_of_the_input() -> None:
    letterbox = Placement(0.0, 0.25, 1.0, 0.75)
    assert boxes(arrays((0, 0.9, (0.25, 0, 0.5, 0.5))), letterbox) == [Box(0, 0, 0.5, 0.5)]


def test_a_box_in_the_bars_is_no_detection() -> None:
    letterbox = Placement(0.0, 0.25, 1.0, 0.75)
    assert boxes(arrays((0, 0.9, (0, 0, 0.2, 1))), letterbox) == []


@given(st.lists(st.tuples(*[st.floats(-2, 3, width=32)] * 4), min_size=1, max_size=8))
def test_every_box_lies_inside_the_picture_and_is_not_empty(
    corners: list[tuple[float, float, float, float]],
) -> None:
    outputs = arrays(*[(0, 0.9, box) for box in corners])
    for box in boxes(outputs, Placement(-0.25, 0.125, 1.25, 0.875)):
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1


# --- which output is which ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        OPERATOR_NAMES,
        tuple(f"postprocess/{name}" for name in OPERATOR_NAMES),
        ("detection_boxes", "detection_classes", "detection_scores", "num_detections"),
        ("location", "category", "score", "number of detections"),
        ("Locations", "Categories", "Scores", "Count"),
    ],
)
def test_names_say_which_output_is_which_in_any_order(names: tuple[str, ...]) -> None:
    outputs = arrays((1, 0.75, MIDDLE))
    shuffled = (3, 1, 0, 2)
    mixed = tuple(specs(names)[index] for index in shuffled)
    (cat,) = decoder(mixed).decode([outputs[index] for index in shuffled], Placement())
    assert (cat.label, cat.score) == ("cat", 0.75)


def test_the_roles_of_the_card_win_over_the_names() -> None:
    names = ("boxes", "scores", "classes", "count")  # the two in the middle are a lie
    roles = {"boxes": 0, "classes": 1, "scores": 2, "count": 3}
    (cat,) = decoder(specs(names), roles=roles).decode(arrays((1, 0.75, MIDDLE)), Placement())
    assert (cat.label, cat.score) == ("cat", 0.75)


@pytest.mark.parametrize(
    "names",
    [
        ("StatefulPartitionedCall:3", "StatefulPartitionedCall:2", "Call:1", "Call:0"),
        ("boxes", "class_scores", "scores", "count"),
        ("boxes", "classes", "scores", "scores_count"),
    ],
)
def test_outputs_that_nothing_tells_apart_ask_for_roles(names: tuple[str, ...]) -> None:
    with pytest.raises(ModelError, match=r"is not said; write roles = \{ boxes = 0, classes = 1"):
        decoder(specs(names))


def test_roles_that_are_not_all_given_say_which_are_missing() -> None:
    with pytest.raises(ModelError, match="holds the scores and the count is not said"):
        decoder(roles={"boxes": 0, "classes": 1})


def test_a_role_for_an_output_that_is_not_there_is_refused() -> None:
    with pytest.raises(ModelError, match=r"roles.count: there is no output 4"):
        decoder(roles={"boxes": 0, "classes": 1, "scores": 2, "count": 4})


@pytest.mark.parametrize(
    ("roles", "what"),
    [
        ({"boxes": 1, "classes": 0, "scores": 2, "count": 3}, r"roles.boxes: output 1 .*\(1, N, 4"),
        ({"boxes": 0, "classes": 3, "scores": 2, "count": 1}, r"roles.classes: .* be \(1, 3\)"),
        ({"boxes": 0, "classes": 1, "scores": 3, "count": 2}, r"roles.scores: .* be \(1, 3\)"),
    ],
)
def test_roles_that_do_not_fit_the_shapes_are_refused(roles: dict[str, int], what: str) -> None:
    with pytest.raises(ModelError, match=what):
        decoder(roles=roles)


def test_a_count_that_is_not_one_number_is_refused() -> None:
    outputs = (*specs()[:3], TensorSpec("count", (1, 3), FLOAT))
    roles = {"boxes": 0, "classes": 1, "scores": 2, "count": 3}
    with pytest.raises(ModelError, match=r"roles.count: .* should be \(1,\)"):
        decoder(outputs, roles=roles)


def test_a_classifier_is_not_taken_for_a_detector() -> None:
    with pytest.raises(ModelError, match="is not said"):
        decoder((TensorSpec("softmax", (1, 1001), FLOAT),))


# --- in earnest --------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
def test_a_real_model_finds_the_cat_where_it_is(models: Path, images: Path, fit: Any) -> None:
    labels = words(models / "coco_labels.txt")
    model = models / "coco_ssd_mobilenet_v1_1.0_quant.tflite"
    (cat,) = look(SsdDecoder, model, images / "cat_720p.jpg", labels, fit=fit)
    assert isinstance(cat, Detection)
    assert cat.label == "cat"
    assert cat.box.iou(Box(0.07, 0.12, 0.70, 0.99)) > 0.9
