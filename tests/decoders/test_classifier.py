from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Classification
from edgeinfer.core.tensor import Array, Head, TensorSpec
from edgeinfer.decoders.classifier import ClassifierDecoder
from edgeinfer.errors import ModelError
from tests.decoders.real import look, words

LABELS = ("cat", "dog", "train", "tree")
Options = ClassifierDecoder.Options


def decoder(
    dtype: Any = np.float32,
    shape: tuple[int, ...] = (1, 4),
    quantization: tuple[float, int] = (0.0, 0),
    options: Options | None = None,
    labels: tuple[str, ...] = LABELS,
    **head: Any,
) -> ClassifierDecoder:
    spec = TensorSpec("scores", shape, np.dtype(dtype), *quantization)
    return ClassifierDecoder(Head((spec,), labels, **head), options)


def pairs(decoder: ClassifierDecoder, scores: Array) -> list[tuple[str, float]]:
    found = decoder.decode([scores], Placement())
    assert all(type(name) is Classification for name in found)
    return [(name.label, name.score) for name in found]


def floats(*values: float) -> Array:
    return np.array([values], np.float32)


def test_the_best_label_comes_first_and_the_weak_ones_not_at_all() -> None:
    scores = floats(0.5, 0.1, 0.75, 0.2)
    assert pairs(decoder(), scores) == [("train", 0.75), ("cat", 0.5)]


def test_no_more_than_top_k_are_told() -> None:
    few = decoder(options=Options(top_k=2), min_score=0.0)
    assert [label for label, _ in pairs(few, floats(0.1, 0.2, 0.4, 0.3))] == ["train", "tree"]


def test_equal_scores_stay_in_the_order_of_the_labels() -> None:
    assert [label for label, _ in pairs(decoder(), floats(0.5, 0.5, 0.5, 0.5))] == list(LABELS)


def test_a_score_exactly_at_the_threshold_counts() -> None:
    model = decoder(np.uint8, quantization=(1 / 256, 0), min_score=0.5)
    assert pairs(model, np.array([[128, 127, 0, 0]], np.uint8)) == [("cat", 0.5)]


def test_labels_have_thresholds_of_their_own() -> None:
    model = decoder(min_score=0.5, label_scores={"dog": 0.1, "train": 0.9})
    assert pairs(model, floats(0.0, 0.25, 0.75, 0.5)) == [("tree", 0.5), ("dog", 0.25)]


def test_a_label_that_is_left_out_takes_no_place_among_the_best() -> None:
    model = decoder(options=Options(top_k=1), deny=frozenset({"train"}))
    assert pairs(model, floats(0.5, 0.1, 0.75, 0.2)) == [("cat", 0.5)]


def test_only_allowed_labels_are_told() -> None:
    model = decoder(np.uint8, quantization=(1 / 256, 0), allow=frozenset({"dog"}))
    assert pairs(model, np.array([[255, 192, 255, 255]], np.uint8)) == [("dog", 0.75)]


def test_a_zero_point_is_taken_away_without_wrapping_around() -> None:
    model = decoder(np.int8, quantization=(1 / 256, -128), min_score=0.0)
    scores = np.array([[-128, -64, 127, 0]], np.int8)
    assert pairs(model, scores) == [
        ("train", 255 / 256),
        ("tree", 0.5),
        ("dog", 0.25),
        ("cat", 0.0),
    ]


@pytest.mark.parametrize("shape", [(4,), (1, 4), (1, 1, 1, 4)])
def test_a_row_of_scores_may_be_wrapped_in_ones(shape: tuple[int, ...]) -> None:
    scores = floats(0.0, 0.0, 0.75, 0.0).reshape(shape)
    assert pairs(decoder(shape=shape), scores) == [("train", 0.75)]


def test_logits_become_probabilities() -> None:
    model = decoder(options=Options(softmax=True), min_score=0.0)
    found = dict(pairs(model, np.log(floats(0.1, 0.2, 0.3, 0.4))))
    assert found == pytest.approx({"cat": 0.1, "dog": 0.2, "train": 0.3, "tree": 0.4})


def test_quantized_logits_become_probabilities() -> None:
    model = decoder(np.int8, quantization=(0.1, -10), options=Options(softmax=True))
    found = dict(pairs(model, np.array([[-10, -10, 50, -10]], np.int8)))
    assert found == pytest.approx({"train": np.exp(6) / (np.exp(6) + 3)})


def test_great_logits_do_not_overflow() -> None:
    model = decoder(options=Options(softmax=True))
    assert pairs(model, floats(1e4, -1e4, 0.0, 0.0)) == [("cat", 1.0)]


def test_a_score_that_is_not_a_number_is_no_finding() -> None:
    assert pairs(decoder(), floats(np.nan, 0.75, np.nan, 0.0)) == [("dog", 0.75)]


@given(
    scores=st.lists(st.integers(0, 255), min_size=4, max_size=4),
    scale=st.floats(0.001, 1.0),
    zero_point=st.integers(0, 255),
    min_score=st.floats(0, 1),
)
def test_comparing_small_integers_is_the_same_as_comparing_real_scores(
    scores: list[int], scale: float, zero_point: int, min_score: float
) -> None:
    stored = np.array([scores], np.uint8)
    model = decoder(np.uint8, quantization=(scale, zero_point), min_score=min_score)
    spec = TensorSpec("scores", (1, 4), np.dtype(np.uint8), scale, zero_point)
    real = spec.real(stored)[0]
    chosen = [float(score) for score in real if score >= np.float32(min_score)]
    assert [score for _, score in pairs(model, stored)] == sorted(chosen, reverse=True)


def test_another_number_of_labels_than_scores_is_refused() -> None:
    with pytest.raises(ModelError, match="1001 scores but 4 labels"):
        decoder(shape=(1, 1001))


@pytest.mark.parametrize("shape", [(2, 4), (4, 1), (1, 2, 2, 1), ()])
def test_an_output_that_is_no_row_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="is no row of scores"):
        decoder(shape=shape)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_integers_without_a_scale_are_no_scores(dtype: Any) -> None:
    with pytest.raises(ModelError, match="without a scale is no score"):
        decoder(dtype)


@pytest.mark.parametrize(
    ("image", "ending"), [("cat_720p.jpg", "cat"), ("parrot.jpg", "macaw"), ("owl.jpg", "grouse")]
)
def test_a_real_model_names_what_a_real_picture_shows(
    models: Path, images: Path, image: str, ending: str
) -> None:
    labels = words(models / "imagenet_labels.txt")
    model = models / "mobilenet_v1_0.25_128_quant.tflite"
    best = look(ClassifierDecoder, model, images / image, labels, fit="crop", min_score=0.3)[0]
    assert isinstance(best, Classification)
    assert ending in best.label


def test_a_real_model_knows_its_birds(models: Path, images: Path) -> None:
    labels = words(models / "inat_bird_labels.txt")
    model = models / "mobilenet_v2_1.0_224_inat_bird_quant.tflite"
    (best,) = look(ClassifierDecoder, model, images / "parrot.jpg", labels)
    assert isinstance(best, Classification)
    assert best.label == "Ara macao (Scarlet Macaw)"
