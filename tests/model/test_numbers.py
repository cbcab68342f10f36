from __future__ import annotations

import numpy as np
import pytest

from edgeinfer.errors import ModelError
from edgeinfer.model.numbers import Range, numbers

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(("dtype", "lowest"), [("uint8", 0), ("int8", -128)])
def test_zero_and_both_ends_of_a_range_have_codes(dtype: str, lowest: int) -> None:
    quantization = numbers(dtype).activation(Range(-1.0, 127 / 128))
    assert quantization is not None
    assert quantization.scales.tolist() == [1 / 128]
    assert quantization.zero_points.tolist() == [lowest + 128]


def test_uint8_weights_have_one_scale_and_their_zero_in_the_middle() -> None:
    weights = numbers("uint8").weights(RANDOM, (8, 3, 3, 4), 0, 0.1)
    assert weights.data.dtype == np.uint8
    assert weights.quantization is not None
    assert weights.quantization.scales.shape == (1,)
    assert weights.quantization.zero_points.tolist() == [128]


def test_int8_weights_are_symmetric_with_a_scale_per_channel() -> None:
    weights = numbers("int8").weights(RANDOM, (1, 3, 3, 16), 3, 0.1)
    assert weights.data.min() >= -127
    assert weights.quantization is not None
    assert weights.quantization.axis == 3
    assert len(set(weights.quantization.scales.tolist())) == 16
    assert not weights.quantization.zero_points.any()


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_quantized_weights_have_the_deviation_that_was_asked_for(dtype: str) -> None:
    weights = numbers(dtype).weights(RANDOM, (64, 3, 3, 64), 0, 0.1)
    quantization = weights.quantization
    assert quantization is not None
    centred = weights.data.astype(np.float64) - quantization.zero_points[0]
    values = centred * quantization.scales.reshape(-1, 1, 1, 1)
    assert values.std() == pytest.approx(0.1, rel=0.05)


def test_no_float_weight_is_so_near_zero_that_it_is_slow() -> None:
    weights = numbers("float32").weights(RANDOM, (64, 3, 3, 64), 0, 0.1).data
    assert np.abs(weights).min() > 0.01
    assert weights.std() == pytest.approx(0.1, rel=0.05)


def test_a_bias_has_the_scale_of_the_accumulator() -> None:
    kind = numbers("int8")
    inputs = kind.activation(Range(0.0, 6.0))
    weights = kind.weights(RANDOM, (4, 1, 1, 8), 0, 0.1).quantization
    bias = kind.bias(np.full(4, 0.5), inputs, weights)
    assert inputs is not None
    assert weights is not None
    assert bias.quantization is not None
    assert bias.data.dtype == np.int32
    np.testing.assert_allclose(bias.quantization.scales, inputs.scales * weights.scales)
    np.testing.assert_allclose(bias.data * bias.quantization.scales, 0.5, rtol=1e-2)


def test_an_unknown_type_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ModelError, match="float16.*uint8 or int8 or float32"):
        numbers("float16")
