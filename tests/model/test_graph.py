from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.errors import ModelError
from edgeinfer.model import graph

SSD = "coco_ssd_mobilenet_v1_1.0_quant.tflite"


def test_a_detector_tells_its_number_of_classes(models: Path) -> None:
    assert graph.detection_classes(models / SSD) == 90


def test_a_detector_without_options_is_counted_by_its_tensor(models: Path, tmp_path: Path) -> None:
    data = (models / SSD).read_bytes()
    assert data.count(b"num_classes\0") == 1
    path = tmp_path / "x.tflite"
    # The same length under another name: the option is gone, the file is whole.
    path.write_bytes(data.replace(b"num_classes\0", b"num_klasses\0"))
    assert graph.detection_classes(path) == 90


def test_a_classifier_has_no_detection_classes(models: Path) -> None:
    assert graph.detection_classes(models / "mobilenet_v1_0.25_128_quant.tflite") is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (SSD, ("TFLite_Detection_PostProcess",)),
        ("mobilenet_v1_0.25_128_quant_edgetpu.tflite", ("edgetpu-custom-op",)),
        ("invalid_model_invoking_error.tflite", ("fake-op-double",)),
        ("mobilenet_v1_0.25_128_quant.tflite", ()),
    ],
)
def test_custom_operators_are_named(models: Path, name: str, expected: tuple[str, ...]) -> None:
    assert graph.custom_operators(models / name) == expected


def test_a_text_file_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_text("this is a text file, whatever its name says")
    with pytest.raises(ModelError, match="not a TFLite model"):
        graph.custom_operators(path)


def test_an_absent_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        graph.detection_classes(tmp_path / "none.tflite")


@pytest.mark.parametrize("kept_bytes", [8, 12, 64, 200])
def test_a_truncated_model_is_a_model_error(models: Path, tmp_path: Path, kept_bytes: int) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes((models / SSD).read_bytes()[:kept_bytes])
    with pytest.raises(ModelError, match="damaged"):
        graph.detection_classes(path)
