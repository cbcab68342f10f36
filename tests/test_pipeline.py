from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edgeinfer import picture
from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box, Placement
from edgeinfer.core.results import Classification, Detection, Finding
from edgeinfer.core.tensor import Array
from edgeinfer.pipeline import Pipeline
from tests.doubles import EchoEngine, echo_pipeline, frame


def test_a_result_says_what_was_found_in_which_frame_by_which_model() -> None:
    taken = frame(7)
    result = echo_pipeline().run(taken, waited_ms=1.5)
    assert result.frame is taken
    assert result.model == "echo"
    assert result.findings == (Classification("7", 1.0),)
    assert result.timing.waited_ms == 1.5
    assert result.timing.invoke_ms > 0


def test_the_tracker_numbers_detections_and_leaves_other_findings_alone() -> None:
    class Mixed:
        def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Finding, ...]:
            return (Classification("day", 0.9), Detection("cat", 0.8, Box(0, 0, 1, 1)))

    class Numbers:
        def update(self, detections: Sequence[Detection], captured_ns: int) -> list[Detection]:
            return [replace(found, track=captured_ns) for found in detections]

    pipeline = Pipeline(
        "mixed", lambda taken: (taken.pixels[None], Placement()), EchoEngine(), Mixed(), Numbers()
    )
    detection, name = pipeline.run(frame(5)).findings
    assert isinstance(detection, Detection)
    assert detection.track == 5
    assert name == Classification("day", 0.9)


def _frame(path: Path, order: str) -> Frame:
    pixels = picture.load(path)
    if order == "bgr":
        return Frame(pixels[..., ::-1].copy(), 0, 0, 0, path.name, "bgr")
    return Frame(pixels, 0, 0, 0, path.name)


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_a_real_model_sees_the_cat_whatever_the_order_of_the_channels(
    order: str, models: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgeinfer.assembly import open_pipeline

    monkeypatch.setenv("EDGEINFER_MODELS", str(models))
    result = open_pipeline("coco_ssd_mobilenet_v1").run(_frame(images / "cat_720p.jpg", order))
    cat = result.findings[0]
    assert isinstance(cat, Detection)
    assert cat.label == "cat"
    # Where the cat sits, read off the picture by eye: kernels differ in the third digit.
    assert cat.box.iou(Box(0.07, 0.13, 0.72, 0.98)) > 0.8
