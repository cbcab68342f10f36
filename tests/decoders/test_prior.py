"""A prior over labels: `[model] prior` weighs the scores before anything else sees them."""

from __future__ import annotations

import numpy as np
import pytest

from edgeinfer.assembly import open_pipeline
from edgeinfer.core.tensor import Array
from edgeinfer.decoders.classifier import ClassifierDecoder
from edgeinfer.errors import ConfigError
from tests.decoders.test_classifier import decoder, floats
from tests.decoders.test_classifier import pairs as classified
from tests.decoders.test_ssd import MIDDLE, arrays
from tests.decoders.test_ssd import found as detected

Options = ClassifierDecoder.Options


def score_of_dog(decoder: ClassifierDecoder, scores: Array) -> float:
    """Of the only label that is left."""
    ((label, score),) = classified(decoder, scores)
    assert label == "dog"
    return score


def test_a_prior_takes_away_what_is_not_here_and_raises_what_is() -> None:
    outputs = arrays((1, 0.75, MIDDLE), (2, 0.4, MIDDLE), (0, 0.6, MIDDLE))
    (train, person) = detected(outputs, prior={"cat": 0.01, "train": 3.0})
    assert [train[0], person[0]] == ["train", "person"]
    # The train's odds of 2 to 3 become 2 to 1.
    assert [train[1], person[1]] == pytest.approx([2 / 3, 0.6])


def test_a_score_of_one_outlives_every_prior_and_zero_stays_zero() -> None:
    outputs = arrays((1, 1.0, MIDDLE), (1, 0.0, MIDDLE))
    assert detected(outputs, prior={"cat": 1e-6}, min_score=0.0) == [("cat", 1.0), ("cat", 0.0)]


def test_what_a_prior_takes_from_one_label_the_others_gain() -> None:
    scores = floats(0.6, 0.3, 0.1, 0.0)
    best = score_of_dog(decoder(prior={"cat": 0.01}), scores)
    assert best == pytest.approx(0.3 / 0.406, abs=1e-4)


def test_a_prior_weighs_quantized_scores_and_logits_too() -> None:
    quantized = np.array([[153, 77, 26, 0]], np.uint8)
    best = score_of_dog(
        decoder(np.uint8, quantization=(1 / 256, 0), prior={"cat": 0.01}), quantized
    )
    assert best == pytest.approx(0.739, abs=0.01)
    logits = np.log(floats(0.6, 0.3, 0.09, 0.01))
    best = score_of_dog(decoder(options=Options(softmax=True), prior={"cat": 0.01}), logits)
    assert best == pytest.approx(0.3 / 0.406, abs=1e-4)


def test_a_prior_of_a_picture_that_shows_nothing_divides_by_no_zero() -> None:
    assert classified(decoder(prior={"cat": 0.01}), floats(0, 0, 0, 0)) == []


@pytest.mark.usefixtures("models")
def test_a_label_of_the_prior_that_the_model_does_not_know_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"model\.prior: trian: unknown; did you mean train\?"):
        open_pipeline("coco_ssd_mobilenet_v1", prior={"trian": 0.1})


@pytest.mark.usefixtures("models")
def test_a_decoder_that_cannot_weigh_labels_says_so() -> None:
    with pytest.raises(ConfigError, match=r"model\.prior: the decoder movenet does not weigh"):
        open_pipeline("movenet_single_pose_lightning", prior={"person": 0.1})
