from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edgeinfer.core.tensor import Head, TensorSpec

INF = float("inf")


def head(**settings: Any) -> Head:
    return Head((), ("cat", "dog", "train"), **settings)


def test_a_quantized_value_is_scale_times_its_distance_from_the_zero_point() -> None:
    spec = TensorSpec("scores", (3,), np.dtype(np.uint8), scale=0.5, zero_point=128)
    real = spec.real(np.array([0, 128, 255], np.uint8))
    assert real.dtype == np.float32
    assert real.tolist() == [-64.0, 0.0, 63.5]


def test_eight_bits_do_not_wrap_around_when_the_zero_point_is_taken_away() -> None:
    spec = TensorSpec("scores", (2,), np.dtype(np.int8), scale=1.0, zero_point=-128)
    assert spec.real(np.array([-128, 127], np.int8)).tolist() == [0.0, 255.0]


def test_a_float_that_is_not_quantized_is_not_even_copied() -> None:
    spec = TensorSpec("scores", (2,), np.dtype(np.float32))
    values = np.array([0.25, 0.5], np.float32)
    assert spec.real(values) is values


def test_every_label_has_the_least_score_until_something_else_is_said() -> None:
    assert head(min_score=0.25).thresholds().tolist() == [0.25, 0.25, 0.25]


def test_a_label_may_have_a_threshold_of_its_own() -> None:
    assert head(label_scores={"dog": 0.75}).thresholds().tolist() == [0.5, 0.75, 0.5]


def test_only_allowed_labels_can_be_reached() -> None:
    thresholds = head(allow=frozenset({"train"})).thresholds()
    assert thresholds.tolist() == [INF, INF, 0.5]


def test_a_denied_label_is_out_of_reach_even_where_it_is_allowed() -> None:
    thresholds = head(allow=frozenset({"cat", "dog"}), deny=frozenset({"dog"})).thresholds()
    assert thresholds.tolist() == [0.5, INF, INF]


@pytest.mark.parametrize("labels", [(), ("cat",)])
def test_there_is_a_threshold_for_each_label(labels: tuple[str, ...]) -> None:
    assert Head((), labels).thresholds().shape == (len(labels),)
