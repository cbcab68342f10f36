from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeinfer.model import cost, edgetpu
from edgeinfer.model.flatbuffer import OPERATORS, schema
from tests.model import built


def _reason(folder: Path, name: str, shape: tuple[int, ...], options: Any = None) -> str | None:
    model = built.Model()
    graph = model.graph()
    ends = [graph.tensor(end, shape, built.UINT8) for end in "ab"]
    graph.operator(name, ends[:1], ends[1:], options)
    graph.ends(ends[:1], ends[1:])
    verdict = cost.read(model.save(folder)).edgetpu
    assert bool(verdict.takes) != bool(verdict.refuses)
    return verdict.refuses[0].reason if verdict.refuses else None


def test_a_classifier_of_8_bits_is_taken_whole(models: Path) -> None:
    verdict = cost.read(models / "mobilenet_v2_1.0_224_quant.tflite").edgetpu
    assert not verdict.compiled
    assert verdict.refuses == ()
    assert verdict.takes["CONV_2D"] == 36
    assert verdict.source.startswith("https://coral.ai/")


def test_a_detector_keeps_its_post_processing_on_the_processor(models: Path) -> None:
    verdict = cost.read(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite").edgetpu
    (refusal,) = verdict.refuses
    assert (refusal.name, refusal.count) == ("TFLite_Detection_PostProcess", 1)
    assert sum(verdict.takes.values()) == 63


def test_a_float_model_is_refused_for_its_type(models: Path) -> None:
    verdict = cost.read(models / "face_detection_short_range.tflite").edgetpu
    assert verdict.takes == {}
    reasons = {refusal.name: refusal.reason for refusal in verdict.refuses}
    assert reasons["CONV_2D"] == "float32; it takes 8 bits only"
    assert reasons["DEQUANTIZE"] == "not among the operators that it has"


def _fused() -> Any:
    options = schema.Pool2DOptionsT()
    options.fusedActivationFunction = schema.ActivationFunctionType.RELU6
    return options


def _dilated() -> Any:
    options = schema.Conv2DOptionsT()
    options.dilationWFactor, options.dilationHFactor = 2, 1
    return options


@pytest.mark.parametrize(
    ("name", "shape", "options", "reason"),
    [
        ("RELU", (1, 4, 4, 3), None, None),
        ("SIN", (1, 4), None, "not among the operators"),
        ("RELU", (2, 4, 4, 3), None, "more than three dimensions"),
        ("RELU", (-1, 4), None, "known only when it runs"),
        ("MAX_POOL_2D", (1, 4, 4, 3), _fused(), "fused"),
        ("MAX_POOL_2D", (1, 4, 4, 3), schema.Pool2DOptionsT(), None),
        ("CONV_2D", (1, 4, 4, 3), _dilated(), "unequal dilation"),
        ("SOFTMAX", (1, 16_000), None, None),
        ("SOFTMAX", (1, 16_001), None, "more than 16000"),
    ],
)
def test_an_operator_is_taken_or_refused_with_a_reason(
    tmp_path: Path, name: str, shape: tuple[int, ...], options: Any, reason: str | None
) -> None:
    found = _reason(tmp_path, name, shape, options)
    assert found == reason if reason is None or found is None else reason in found


def test_the_list_names_operators_of_tflite() -> None:
    assert not edgetpu.SUPPORTED.difference(OPERATORS)
