from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeinfer.core.tensor import TensorSpec
from edgeinfer.engines.litert import cores
from edgeinfer.model.skeleton import conv_stack
from edgeinfer.tools.trial import Trial, random_input


def spec(dtype: str) -> TensorSpec:
    return TensorSpec("image", (1, 64, 64, 3), np.dtype(dtype))


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [("uint8", 0, 255), ("int8", -128, 127), ("int32", 0, 1), ("int64", 0, 1), ("bool", 0, 1)],
)
def test_whole_numbers_use_all_of_their_range(dtype: str, low: int, high: int) -> None:
    tensor = random_input(spec(dtype))
    assert (tensor.shape, tensor.dtype) == ((1, 64, 64, 3), np.dtype(dtype))
    assert (int(tensor.min()), int(tensor.max())) == (low, high)


def test_real_numbers_lie_between_minus_one_and_one() -> None:
    tensor = random_input(spec("float32")).astype(np.float32)
    assert -1.0 <= tensor.min() < -0.9
    assert 0.9 < tensor.max() <= 1.0


def test_a_model_is_loaded_fed_and_timed(tmp_path: Path) -> None:
    path = tmp_path / "small.tflite"
    path.write_bytes(conv_stack("int8", size=8, channels=8, layers=1))
    trial = Trial(path, threads=1000)
    assert trial.threads == cores()
    assert trial.load_ms > 0
    assert trial.time_ms() > 0
