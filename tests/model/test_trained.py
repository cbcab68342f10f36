from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeinfer.engines.litert import LitertEngine
from edgeinfer.errors import ModelError
from edgeinfer.model import cost
from edgeinfer.model.numbers import Array, Range
from edgeinfer.model.trained import TrainedBuilder

SHIFT = np.array([0.0, 0.25])
"""Of two channels that see the mean of the picture's three."""


def means() -> tuple[Array, Array]:
    return np.full((2, 1, 1, 3), 1 / 3), SHIFT


def test_the_file_computes_what_its_filters_say(tmp_path: Path) -> None:
    builder = TrainedBuilder([means()], "two means")
    tensor = builder.picture(4, 2)
    tensor = builder.conv(tensor, 2, activation="NONE", values=Range(-1.0, 1.5))
    builder.finish()
    path = tmp_path / "means.tflite"
    path.write_bytes(builder.build([tensor]))
    engine = LitertEngine(path, threads=1)
    picture = np.random.default_rng(3).integers(-128, 128, (1, 2, 4, 3)).astype(np.int8)
    (output,) = engine.run(picture)
    expected = picture.mean(axis=-1, keepdims=True) / 128 + SHIFT
    np.testing.assert_allclose(engine.outputs[0].real(output), expected, atol=0.012)
    assert cost.read(path).description == "two means"


def test_a_channel_of_zeros_stays_zero(tmp_path: Path) -> None:
    weights = np.zeros((2, 1, 1, 3))
    weights[0] = 1 / 3
    builder = TrainedBuilder([(weights, np.zeros(2))], "one mean")
    tensor = builder.conv(builder.picture(2, 2), 2, activation="NONE", values=Range(-1.0, 1.0))
    path = tmp_path / "mean.tflite"
    path.write_bytes(builder.build([tensor]))
    engine = LitertEngine(path, threads=1)
    real = engine.outputs[0].real(engine.run(np.full((1, 2, 2, 3), 64, np.int8))[0])
    np.testing.assert_allclose(real[..., 0], 0.5, atol=0.01)
    np.testing.assert_allclose(real[..., 1], 0.0, atol=0.01)


def test_filters_that_do_not_fit_their_operators_are_told() -> None:
    builder = TrainedBuilder([means()], "")
    picture = builder.picture(4, 4)
    with pytest.raises(ModelError, match=r"\(2, 1, 1, 3\) stand where the operator has \(2, 3, 3"):
        builder.conv(picture, 2, kernel=3)
    with pytest.raises(ModelError, match=r"\(0,\) stand where the operator has"):
        builder.conv(picture, 2)
    with pytest.raises(ModelError, match="more of them than operators"):
        TrainedBuilder([means()], "").finish()
