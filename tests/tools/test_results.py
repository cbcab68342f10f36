from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from edgeinfer.cli import bench_words
from edgeinfer.model.skeleton import conv_stack
from edgeinfer.tools import results
from edgeinfer.tools.bench import Report, Request, bench
from edgeinfer.tools.chosen import Chosen


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("model") / "small.tflite"
    path.write_bytes(conv_stack("int8", size=8, channels=8, layers=2))
    model = Chosen("small", path)
    return bench(Request(model=model, other=model, threads=1, runs=10, profile=True))


def test_a_document_is_json_and_names_no_folder_of_this_machine(report: Report) -> None:
    found = results.document(report)
    text = json.dumps(found)
    assert json.loads(text)["invoke_ms"].keys() == {"p50", "p90", "p99", "min", "runs"}
    assert found["file"] == "small.tflite"
    assert str(report.model.path.parent) not in text
    assert found["compare"]["ratio"].keys() == {"median", "p10", "p90"}
    assert found["thread_sweep"]["invoke_ms"][0]["threads"] == 1
    assert found["profile"]["operators"][0].keys() == {"name", "count", "ms", "share"}


def test_what_was_not_measured_is_null(report: Report) -> None:
    bare = replace(report, sweep=None, compared=None, profile=None, memory=None, peak=None)
    found = results.document(bare)
    for name in ("thread_sweep", "compare", "profile", "memory", "peak", "peak_share", "sustained"):
        assert found[name] is None, name


def test_the_reason_for_no_profile_is_kept(report: Report) -> None:
    found = results.document(replace(report, profile="no profiler"))
    assert found["profile"] == {"unavailable": "no profiler"}
    found = results.document(replace(report, peak="no peak"))
    assert (found["peak"], found["peak_share"]) == ({"unavailable": "no peak"}, None)


def test_what_the_other_model_ran_on_is_told(report: Report) -> None:
    assert report.compared is not None
    beside = replace(report.compared, delegate="libx.so")
    assert results.document(report)["compare"]["delegate"] is None
    found = replace(report, delegate="libx.so", compared=beside)
    assert results.document(found)["compare"]["delegate"] == "libx.so"
    assert dict(bench_words.facts(found))["small"].endswith(" runs), libx.so")
    on_cpu = replace(report, delegate="libx.so")
    assert dict(bench_words.facts(on_cpu))["small"].endswith(" runs), on the CPU")


def test_a_result_lies_in_the_folder_of_its_board(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    pi = replace(report, board="Raspberry Pi 5 Model B", runtime="ai-edge-litert 2.3.0")
    folder = tmp_path / "bench/raspberry-pi-5-model-b"
    digest = hashlib.sha256(report.model.path.read_bytes()).hexdigest()[:8]
    assert results.file(pi) == folder / f"small-{digest}-ai-edge-litert-2.3.0-1.json"
    coral = replace(pi, delegate="/usr/lib/libedgetpu.so.1")
    assert results.file(coral).name == f"small-{digest}-ai-edge-litert-2.3.0-1-libedgetpu.so.1.json"


def test_a_result_replaces_the_one_before_it_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new/folder/x.json"
    results.write({"a": 1}, path)
    results.write({"a": 2}, path)
    assert json.loads(path.read_text()) == {"a": 2}
    assert list(path.parent.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_the_systems_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="exists"):
        results.write({}, tmp_path / "file/x.json")
