from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeinfer.engines.litert import LitertEngine
from edgeinfer.errors import ModelError
from edgeinfer.model import cost, graph, mobilenet, skeletons, ssd
from tests.model.written import delegates, operators, picture

Write = Callable[[], bytes]

TWINS = [
    ("mobilenet_v1_0.25_128_quant", lambda: skeletons.write("mobilenet_v1", 0.25, 128, "uint8")),
    ("mobilenet_v1_0.5_160_quant", lambda: skeletons.write("mobilenet_v1", 0.5, 160, "uint8")),
    ("mobilenet_v1_0.75_192_quant", lambda: skeletons.write("mobilenet_v1", 0.75, 192, "uint8")),
    ("mobilenet_v2_1.0_224_quant", lambda: skeletons.write("mobilenet_v2", 1.0, 224, "uint8")),
    (
        "mobilenet_v2_1.0_224_inat_bird_quant",
        lambda: mobilenet.v2("uint8", 1.0, 224, classes=965, head="fully_connected"),
    ),
    (
        "mobilenet_v1_1.0_224_quant_embedding_extractor",
        lambda: mobilenet.v1("uint8", 1.0, 224, classes=None),
    ),
    # The file's name says 1.0, its layers have three quarters of the channels.
    (
        "coco_ssd_mobilenet_v1_1.0_quant",
        lambda: skeletons.write("ssd_mobilenet_v1", 0.75, 300, "uint8"),
    ),
]
DTYPES = ["uint8", "int8", "float32"]
SMALL = 0.35, 96  # width, px


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(model: bytes) -> Path:
        path = tmp_path / "written.tflite"
        path.write_bytes(model)
        return path

    return write


@pytest.mark.parametrize(("name", "write"), TWINS)
def test_a_written_model_has_the_operators_shapes_and_types_of_the_real_file(
    name: str, write: Write, models: Path, written: Callable[[bytes], Path]
) -> None:
    assert operators(written(write())) == operators(models / f"{name}.tflite")


@pytest.mark.parametrize(("name", "write"), TWINS)
def test_xnnpack_takes_the_same_parts_of_a_written_model_as_of_the_real_file(
    name: str, write: Write, models: Path, written: Callable[[bytes], Path]
) -> None:
    real = LitertEngine(models / f"{name}.tflite", threads=1)
    assert delegates(LitertEngine(written(write()), threads=1)) == delegates(real)


@pytest.mark.parametrize(("name", "write"), TWINS)
def test_a_written_model_costs_what_the_real_file_costs(
    name: str, write: Write, models: Path, written: Callable[[bytes], Path]
) -> None:
    real, own = cost.read(models / f"{name}.tflite"), cost.read(written(write()))
    assert own.macs == real.macs
    assert own.parameters == real.parameters
    assert own.activation_peak_bytes == real.activation_peak_bytes


# tensorflow/models, research/slim/nets: mobilenet_v1.md and mobilenet/README.md.
@pytest.mark.parametrize(
    ("family", "width", "px", "million_macs"),
    [
        ("mobilenet_v1", 1.0, 224, 569),
        ("mobilenet_v1", 0.5, 128, 49),
        ("mobilenet_v1", 0.25, 224, 41),
        ("mobilenet_v2", 1.4, 224, 582),
        ("mobilenet_v2", 1.3, 224, 509),
        ("mobilenet_v2", 0.75, 224, 209),
        ("mobilenet_v2", 0.5, 160, 50),
        ("mobilenet_v2", 0.35, 224, 59),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_written_model_has_the_published_macs(  # noqa: PLR0917 - the row, and the type
    family: str,
    width: float,
    px: int,
    million_macs: int,
    dtype: str,
    written: Callable[[bytes], Path],
) -> None:
    macs = cost.read(written(skeletons.write(family, width, px, dtype))).macs
    assert macs is not None
    assert round(macs / 1e6) == million_macs


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", skeletons.FAMILIES)
def test_each_family_runs_in_each_type(
    family: str, dtype: str, written: Callable[[bytes], Path]
) -> None:
    path = written(skeletons.write(family, *SMALL, dtype))
    engine = LitertEngine(path, threads=1)
    outputs = engine.run(picture(engine))
    assert engine.input.shape == (1, 96, 96, 3)
    assert engine.input.dtype == np.dtype(dtype)
    assert delegates(engine)
    assert all(np.isfinite(output).all() for output in outputs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", ["mobilenet_v1", "mobilenet_v2"])
def test_a_classifier_gives_a_score_for_each_class(
    family: str, dtype: str, written: Callable[[bytes], Path]
) -> None:
    engine = LitertEngine(written(skeletons.write(family, *SMALL, dtype)), threads=1)
    assert [output.shape for output in engine.run(picture(engine))] == [(1, mobilenet.CLASSES)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", ["ssd_mobilenet_v1", "ssd_mobilenet_v2"])
def test_a_detector_finds_ten_boxes_none_of_them_sure(
    family: str, dtype: str, written: Callable[[bytes], Path]
) -> None:
    path = written(skeletons.write(family, *SMALL, dtype))
    engine = LitertEngine(path, threads=1)
    boxes, _, scores, count = engine.run(picture(engine))
    assert graph.detection_classes(path) == ssd.CLASSES - 1
    assert boxes.shape == (1, 10, 4)
    assert count.tolist() == [10]
    assert 0 < scores.max() < 0.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_without_the_post_processing_a_detector_gives_boxes_and_scores(
    dtype: str, written: Callable[[bytes], Path]
) -> None:
    path = written(skeletons.write("ssd_mobilenet_v1_raw", 0.35, 300, dtype))
    engine = LitertEngine(path, threads=1)
    assert graph.custom_operators(path) == ()
    shapes = [output.shape for output in engine.run(picture(engine))]
    assert shapes == [(1, 1917, 4), (1, 1917, ssd.CLASSES)]


def test_a_model_is_written_the_same_way_each_time() -> None:
    first, second = (skeletons.write("mobilenet_v2", *SMALL, "int8") for _ in range(2))
    assert first == second


def test_a_family_that_cannot_be_written_is_refused_with_those_that_can() -> None:
    with pytest.raises(ModelError, match="mobilenet_v3: cannot be written here, only mobilenet_v1"):
        skeletons.write("mobilenet_v3", 1.0, 224, "int8")


@pytest.mark.parametrize(("width", "px"), [(0.0, 224), (1.0, 0)])
def test_a_model_of_no_size_is_refused(width: float, px: int) -> None:
    with pytest.raises(ModelError, match="should be greater than 0"):
        skeletons.write("mobilenet_v1", width, px, "int8")
