from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeinfer.engines.litert import LitertEngine
from edgeinfer.model.skeleton import conv_stack
from edgeinfer.tools import profile
from edgeinfer.tools.profile import Kind, Node, Profile
from edgeinfer.tools.trial import random_input


def test_the_time_of_a_node_is_its_median_over_the_runs() -> None:
    runs = [
        [("CONV", 1000.0), ("ADD", 100.0), ("CONV", 3000.0)],
        [("CONV", 1200.0), ("ADD", 100.0), ("CONV", 2600.0)],
        [("CONV", 9000.0), ("ADD", 400.0), ("CONV", 2800.0)],
    ]
    found = profile.of(runs)
    assert found is not None
    assert found.nodes == (Node("CONV", 1.2), Node("ADD", 0.1), Node("CONV", 2.8))
    conv, add = found.operators
    assert conv == Kind("CONV", 2, 4.0, 4.0 / 4.1)
    assert add == Kind("ADD", 1, 0.1, 0.1 / 4.1)


def test_runs_with_other_operators_are_left_out() -> None:
    found = profile.of([[("A", 9.0), ("B", 9.0)], [("A", 2000.0)], [("A", 4000.0)]])
    assert found == Profile((Node("A", 3.0),), (Kind("A", 1, 3.0, 1.0),))


def test_operators_too_fast_to_be_measured_have_no_share() -> None:
    found = profile.of([[("A", 0.0)]])
    assert found is not None
    assert found.operators == (Kind("A", 1, 0.0, 0.0),)


def test_runs_without_operators_are_no_profile() -> None:
    assert profile.of([[], []]) is None


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.tflite"
    path.write_bytes(conv_stack("uint8", size=16, channels=32, layers=3))
    return path


def test_litert_tells_the_time_of_each_operator(small: Path) -> None:
    found = profile.profile(small, 1, random_input(LitertEngine(small).input))
    assert isinstance(found, Profile), found
    assert sum("Convolution" in node.name for node in found.nodes) == 3
    assert sum(kind.count for kind in found.operators) == len(found.nodes)
    assert sum(kind.share for kind in found.operators) == pytest.approx(1.0)


def test_a_detector_whose_outputs_have_no_size_is_profiled(models: Path) -> None:
    path = models / "coco_ssd_mobilenet_v1_1.0_quant.tflite"
    found = profile.profile(path, 1, random_input(LitertEngine(path).input))
    assert isinstance(found, Profile), found
    assert "TFLite_Detection_PostProcess" in {kind.name for kind in found.operators}


def test_with_a_delegate_there_is_a_sentence_and_no_profile(small: Path) -> None:
    found = profile.profile(small, 1, np.zeros(1, np.uint8), "libedgetpu.so.1")
    assert found == "the profiler sees the CPU alone, and libedgetpu.so.1 runs the model"


def test_a_profiler_that_gives_up_says_why_in_one_sentence(small: Path, tmp_path: Path) -> None:
    wrong_size = profile.profile(small, 1, np.zeros(7, np.uint8))
    assert isinstance(wrong_size, str)
    assert wrong_size.endswith("the input takes 8192 bytes, not 7")
    absent = profile.profile(tmp_path / "absent.tflite", 1, np.zeros(1, np.uint8))
    assert isinstance(absent, str)
    assert "LiteRtCreateModelFromFile: status" in absent
    assert "\n" not in wrong_size + absent
