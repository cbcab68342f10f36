"""The engine on a delegate that works and fails as it is told: delegates/edgetpu.c."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeinfer.core.tensor import Array
from edgeinfer.engines.litert import LitertEngine
from edgeinfer.errors import EngineError
from tests.engines.delegates import compiled

Load = Callable[..., LitertEngine]


@pytest.fixture
def library(tmp_path: Path) -> str:
    return compiled("edgetpu", tmp_path)


@pytest.fixture
def load(models: Path, library: str) -> Load:
    path = models / "mobilenet_v1_0.25_128_quant_edgetpu.tflite"
    return lambda **options: LitertEngine(path, 1, library, options)


def picture(value: int) -> Array:
    return np.full((1, 128, 128, 3), value, np.uint8)


def test_a_compiled_model_runs_on_its_delegate(load: Load) -> None:
    engine = load()
    assert engine.accelerated
    for value in (0, 7, 255):
        (scores,) = engine.run(picture(value))
        assert scores[0, value] == scores.sum() == 255


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"refuse": "the firmware is too old"}, "refused to start: the firmware is too old; "),
        ({"device": "/dev/no-such-coral"}, "refused to start: no device; "),
        ({"colour": "red"}, "refused to start: an option that this delegate does not have; "),
    ],
)
def test_a_delegate_that_does_not_start_says_why(
    load: Load, library: str, options: dict[str, str], words: str
) -> None:
    with pytest.raises(EngineError) as told:
        load(**options)
    assert str(told.value).startswith(f"delegate {library}: {words}")
    assert "\n" not in str(told.value)


def test_a_delegate_that_does_not_take_the_model_is_to_blame_and_not_the_file(
    load: Load, library: str
) -> None:
    with pytest.raises(EngineError) as told:
        load(unfit="compiled for version 14")
    assert str(told.value).startswith(f"delegate {library}: does not take /")
    assert ": compiled for version 14, encountered unresolved custom op" in str(told.value)


def test_a_delegate_that_leaves_the_compiled_operator_alone_is_to_blame(
    models: Path, tmp_path: Path
) -> None:
    library = compiled("takes_nothing", tmp_path)
    with pytest.raises(EngineError, match=r"takes_nothing\.so: does not take .*: Encountered"):
        LitertEngine(models / "mobilenet_v1_0.25_128_quant_edgetpu.tflite", 1, library)


def test_a_device_that_is_lost_is_told_with_its_delegate(load: Load, library: str) -> None:
    engine = load(fail_after="2")
    for _ in range(2):
        engine.run(picture(1))
    with pytest.raises(EngineError) as told:
        engine.run(picture(1))
    assert str(told.value) == (
        f"delegate {library}: invoke failed: the device does not answer, "
        "node number 1 (EdgeTpuStandIn) failed to invoke"
    )
