from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeinfer.engines.litert import LitertEngine
from edgeinfer.model.numbers import Range
from edgeinfer.model.skeleton import Builder, conv_stack
from tests.model.written import operators, picture

DTYPES = ["uint8", "int8", "float32"]


def run(tmp_path: Path, model: bytes) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    path = tmp_path / "model.tflite"
    path.write_bytes(model)
    engine = LitertEngine(path, threads=1)
    return [output.astype(np.float64) for output in engine.run(picture(engine))]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_peak_model_is_nothing_but_convolutions(tmp_path: Path, dtype: str) -> None:
    model = conv_stack(dtype, size=8, channels=16, layers=3)
    outputs = run(tmp_path, model)
    assert [output.shape for output in outputs] == [(1, 8, 8, 16)]
    assert [name for name, _ in operators(tmp_path / "model.tflite")] == ["CONV_2D"] * 3


@pytest.mark.parametrize("dtype", DTYPES)
def test_activations_neither_die_out_nor_stick_to_their_limit(tmp_path: Path, dtype: str) -> None:
    [output] = run(tmp_path, conv_stack(dtype, size=16, channels=64, layers=8))
    lowest = 0.0 if dtype == "float32" else float(np.iinfo(dtype).min)
    highest = 6.0 if dtype == "float32" else float(np.iinfo(dtype).max)
    assert 0.2 < np.mean(output > lowest) < 0.8
    assert np.mean(output >= highest) < 0.05


def test_an_odd_picture_is_halved_upwards() -> None:
    builder = Builder("int8")
    tensor = builder.picture(width=15, height=9)
    assert builder.shape(builder.conv(tensor, 8, kernel=3, stride=2)) == (1, 5, 8, 8)
    assert builder.shape(builder.depthwise(tensor, stride=2)) == (1, 5, 8, 3)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_operator_runs(tmp_path: Path, dtype: str) -> None:
    builder = Builder(dtype)
    first = builder.conv(builder.picture(8, 8), 4, activation="NONE")
    total = builder.add(builder.conv(first, 4, activation="NONE"), first)
    pooled = builder.average_pool(builder.depthwise(total))
    units = [builder.fully_connected(pooled, 5) for _ in range(2)]
    joined = builder.concatenation(units, 1, Range(-12.0, 12.0))
    shaped = builder.reshape(joined, (2, 5))
    outputs = run(tmp_path, builder.build([builder.softmax(shaped), builder.logistic(shaped)]))
    assert [output.shape for output in outputs] == [(2, 5), (2, 5)]
    if dtype == "float32":
        np.testing.assert_allclose(outputs[0].sum(axis=1), 1, rtol=1e-5)
