from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeinfer.cli import bench_words
from edgeinfer.errors import EngineError, ModelError
from edgeinfer.model import flatbuffer
from edgeinfer.model.skeleton import conv_stack
from edgeinfer.tools.bench import Request, bench, rival
from edgeinfer.tools.chosen import Chosen
from edgeinfer.tools.peak import Peak, gmacs, peak
from edgeinfer.tools.profile import Profile
from edgeinfer.tools.workload import Workload, workload
from tests.model import built

SIZE, CHANNELS, LAYERS = 16, 32, 2
MACS = SIZE * SIZE * 3 * 3 * CHANNELS * CHANNELS * LAYERS


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.tflite"
    path.write_bytes(conv_stack("uint8", SIZE, CHANNELS, LAYERS))
    return path


@pytest.fixture
def changed(small: Path) -> Callable[[Callable[[Any], object]], Path]:
    """The small model with a change to its first graph."""

    def write(change: Callable[[Any], object]) -> Path:
        model = flatbuffer.read(small)
        change(model.subgraphs[0])
        path = small.with_name("changed.tflite")
        path.write_bytes(flatbuffer.pack(model))
        return path

    return write


def chosen(path: Path) -> Chosen:
    return Chosen(path.stem, path)


def test_a_report_says_what_was_measured_and_adds_up(small: Path) -> None:
    steps: list[str] = []
    report = bench(
        Request(model=chosen(small), threads=1, runs=5, profile=True, sustained_s=0.1),
        lambda step, _: steps.append(step),
    )
    assert (report.threads, report.invoke_ms.runs, report.workload.macs) == (1, 5, MACS)
    assert report.gmacs is not None
    assert report.gmacs * report.invoke_ms.p50 == pytest.approx(MACS / 1e6)
    assert report.gflops == 2 * report.gmacs
    assert isinstance(report.peak, Peak)
    assert (report.peak.dtype, report.peak.threads) == ("uint8", 1)
    assert report.peak_share == report.gmacs / report.peak.gmacs
    assert report.sweep is not None
    assert list(report.sweep.invoke_ms) == list(range(1, report.cores + 1))
    assert report.memory is not None
    assert report.sustained is not None
    assert isinstance(report.profile, Profile)
    assert report.compared is None
    assert set(steps) >= {"warm-up", "invoke", "threads", "sustained", "profile"}


def test_a_model_takes_about_as_long_as_itself(small: Path) -> None:
    model = chosen(small)
    report = bench(Request(model=model, other=model, threads=1, runs=30))
    assert report.compared is not None
    assert report.compared.invoke_ms.runs == 30
    assert report.compared.ratio is not None
    # Not a measurement of speed: the band only tells a ratio from anything else.
    assert 0.1 < report.compared.ratio.median < 10.0


def test_a_model_of_more_work_takes_longer(small: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.tflite"
    big.write_bytes(conv_stack("uint8", 64, 64, 8))  # 256 times the work
    report = bench(Request(model=chosen(small), other=chosen(big), threads=1, runs=10))
    assert report.compared is not None
    assert report.compared.name == "big"
    assert report.compared.delegate is None
    assert report.compared.ratio is not None
    assert report.compared.ratio.median > 1.0


def test_the_other_model_runs_with_the_delegate_that_was_asked_for(small: Path) -> None:
    model, needy = chosen(small), Chosen("needy", small, "libits-own.so")
    found = rival(Request(model=model, other=model, delegate="libx.so"))
    assert found is not None
    assert found.delegate == "libx.so"
    found = rival(Request(model=model, other=needy))
    assert found is not None
    assert found.delegate == "libits-own.so"
    assert rival(Request(model=model)) is None


def test_nothing_is_concluded_from_few_runs(small: Path) -> None:
    model = chosen(small)
    few = bench(Request(model=model, other=model, runs=9))
    assert few.compared is not None
    assert few.sweep is not None
    assert (few.is_enough, few.compared.ratio, few.sweep.recommended) == (False, None, None)
    enough = bench(Request(model=model, other=model, runs=10))
    assert enough.compared is not None
    assert enough.sweep is not None
    assert enough.is_enough
    assert enough.compared.ratio is not None
    assert enough.sweep.recommended is not None


def test_why_there_is_no_peak_is_said(tmp_path: Path) -> None:
    path = built.still().save(tmp_path)
    report = bench(Request(model=chosen(path), runs=1))
    assert isinstance(report.peak, str)
    assert report.peak_share is None
    (sentence,) = (line for line in bench_words.sentences(report) if "peak" in line)
    assert sentence.startswith("No multiply-accumulates are counted")


def test_what_was_not_asked_for_is_none(small: Path) -> None:
    report = bench(Request(model=chosen(small), runs=1))
    assert (report.sustained, report.profile, report.compared) == (None, None, None)


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int8"])
def test_the_machine_has_a_peak_in_each_type(dtype: str) -> None:
    found = peak(dtype, 1, runs=3)
    assert (found.dtype, found.threads) == (dtype, 1)
    assert found.gmacs > 0


def test_a_thousand_million_in_a_second_are_one_gmac_a_second() -> None:
    assert gmacs(250_000_000, 250.0) == pytest.approx(1.0)


def test_the_type_of_a_workload_is_that_of_its_activations(small: Path, models: Path) -> None:
    assert workload(small) == Workload(MACS, "uint8", (), edgetpu=False)
    # Its input is uint8, but that is converted first.
    assert workload(models / "movenet_single_pose_lightning_ptq.tflite").dtype == "int8"
    assert workload(models / "face_detection_short_range.tflite").dtype == "float32"


def test_the_type_of_a_transposed_convolution_is_not_that_of_its_shape(tmp_path: Path) -> None:
    path = built.transposed().save(tmp_path)
    assert workload(path).dtype == "float32"
    assert bench(Request(model=chosen(path), runs=1)).peak_share is not None


def test_what_an_edge_tpu_runs_cannot_be_counted(models: Path) -> None:
    found = workload(models / "mobilenet_v1_0.25_128_quant_edgetpu.tflite")
    assert found == Workload(None, None, ("edgetpu-custom-op",), edgetpu=True)


def test_several_inputs_are_refused(changed: Callable[..., Path]) -> None:
    path = changed(lambda graph: setattr(graph, "inputs", [0, 1]))
    with pytest.raises(ModelError, match=f"{path}: has 2 inputs; only models with one are timed"):
        bench(Request(model=chosen(path)))


def test_a_picture_of_any_size_is_refused(changed: Callable[..., Path]) -> None:
    path = changed(lambda graph: setattr(graph.tensors[0], "shapeSignature", [1, -1, -1, 32]))
    with pytest.raises(ModelError, match=r"any size \(1, \?, \?, 32\)"):
        bench(Request(model=chosen(path)))


def test_a_batch_of_any_size_is_one_picture(changed: Callable[..., Path]) -> None:
    path = changed(lambda graph: setattr(graph.tensors[0], "shapeSignature", [-1, 16, 16, 32]))
    assert bench(Request(model=chosen(path), runs=1)).workload.macs == MACS


def test_a_delegate_that_is_not_there_is_an_error(small: Path) -> None:
    with pytest.raises(EngineError, match="delegate libnothing.so: cannot be loaded"):
        bench(Request(model=chosen(small), delegate="libnothing.so"))
