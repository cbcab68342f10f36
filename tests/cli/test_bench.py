from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeinfer.cli import cli
from edgeinfer.errors import ConfigError, EngineError, ModelError
from edgeinfer.model.skeleton import conv_stack

KEYS = {"model", "threads", "invoke_ms", "gflops", "peak_share", "board", "runtime"}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.tflite"
    path.write_bytes(conv_stack("uint8", size=16, channels=32, layers=2))
    return path


def run(folder: Path, *words: object) -> Result:
    """`edgeinfer bench …` where `folder` holds the results of boards."""
    return CliRunner().invoke(
        cli, ["bench", *map(str, words)], env={"STATE_DIRECTORY": str(folder), "COLUMNS": "80"}
    )


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("bench/*/*.json"))


def test_a_real_process_answers_with_one_document_and_keeps_it(small: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edgeinfer", "bench", str(small), "--json", "--runs", "10"],
        capture_output=True, text=True, check=True, timeout=100,
        env={**os.environ, "STATE_DIRECTORY": str(tmp_path)},
    )  # fmt: skip
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found.keys() >= KEYS
    assert found["model"] == "small"
    times = found["invoke_ms"]
    assert 0 < times["min"] <= times["p50"] <= times["p90"] <= times["p99"]
    assert times["runs"] == 10
    assert found["gflops"] == pytest.approx(2 * found["gmacs"], abs=0.001)
    assert found["runtime"].startswith("ai-edge-litert ")
    (file,) = kept(tmp_path)
    assert json.loads(file.read_text()) == found


def test_people_get_tables_that_fit_and_a_sentence(small: Path, tmp_path: Path) -> None:
    result = run(
        tmp_path, small, "--runs", "10", "--profile", "--sustained", "0.1", "--compare", small
    )
    assert result.exit_code == 0, result.output
    assert max(map(len, result.stdout.splitlines())) <= 80
    text = " ".join(result.stdout.split())
    for part in (
        "small on ",
        "p50",
        "4.7 million MACs",
        "threads p50 ms p90 ms faster GMAC/s",
        "seconds runs/s °C MHz held back by",
        "operator, as the runtime calls it",
        "of what this processor reaches on plain convolutions",
        "runs a second",
        "times as long as small (8 of 10 pairs:",
    ):
        assert part in text, part


def test_the_result_goes_where_it_was_asked_to_with_its_command(
    small: Path, tmp_path: Path
) -> None:
    out = tmp_path / "result.json"
    result = run(tmp_path, small, "--runs", "2", "--no-save", "--out", out)
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    assert found.keys() >= KEYS | {"command"}
    assert found["command"].split()[0] == "edgeinfer"
    assert kept(tmp_path) == []


def test_a_result_that_cannot_be_kept_is_said_and_no_failure(small: Path, tmp_path: Path) -> None:
    (tmp_path / "bench").touch()
    result = run(tmp_path, small, "--runs", "10", "--quick", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["model"] == "small"
    (line,) = result.stderr.splitlines()
    assert "not kept" in line


def test_few_runs_are_shown_but_neither_kept_nor_compared(small: Path, tmp_path: Path) -> None:
    assert run(tmp_path, small, "--quick", "--runs", "10").exit_code == 0
    (file,) = kept(tmp_path)
    before = file.read_bytes()
    result = run(tmp_path, small, "--runs", "1", "--compare", small)
    assert result.exit_code == 0, result.output
    assert "1 run is too few to advise or compare: 10 are the least." in result.stdout
    for word in ("times as long", "one thread is enough", "; take ", "plain convolutions;"):
        assert word not in result.stdout
    (line,) = result.stderr.splitlines()
    assert line == "edgeinfer: not kept: 10 runs are the least that tell something"
    assert file.read_bytes() == before


def test_a_quick_result_does_not_replace_the_whole_one(small: Path, tmp_path: Path) -> None:
    assert run(tmp_path, small, "--runs", "10").exit_code == 0
    (whole,) = kept(tmp_path)
    before = whole.read_bytes()
    assert run(tmp_path, small, "--runs", "10", "--quick").exit_code == 0
    assert whole.read_bytes() == before
    assert len(kept(tmp_path)) == 2


def test_two_files_of_one_name_are_kept_apart(small: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / small.name
    other.parent.mkdir()
    other.write_bytes(conv_stack("int8", size=16, channels=32, layers=2))
    for path in (small, other):
        assert run(tmp_path, path, "--quick", "--runs", "10").exit_code == 0
    assert len(kept(tmp_path)) == 2


def test_quick_is_the_invoke_alone(small: Path, tmp_path: Path) -> None:
    result = run(tmp_path, small, "--quick", "--runs", "2", "--no-save", "--json")
    found = json.loads(result.stdout)
    assert found["invoke_ms"]["runs"] == 2
    assert [found[name] for name in ("peak", "thread_sweep", "memory")] == [None] * 3


def test_a_figure_is_written(small: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figure = tmp_path / "figure.png"
    result = run(tmp_path, small, "--runs", "5", "--no-save", "--plot", figure)
    assert result.exit_code == 0, result.output
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_bad_files_are_one_line_each(small: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(small.read_bytes()[:5000])
    text = tmp_path / "text.tflite"
    text.write_text("no model")
    for path in (tmp_path / "absent.tflite", cut, text):
        for words in ([path], [small, "--compare", path]):
            error = run(tmp_path, *words, "--runs", "1").exception
            assert isinstance(error, ModelError), path
            assert str(error).startswith(f"{path}: ")
            assert "\n" not in str(error)
    assert kept(tmp_path) == []


def test_an_absent_delegate_is_one_line(small: Path, tmp_path: Path) -> None:
    error = run(tmp_path, small, "--delegate", "libnothing.so").exception
    assert isinstance(error, EngineError)
    assert "install the library" in str(error)


def test_a_place_that_is_not_there_is_found_before_the_work(tmp_path: Path) -> None:
    for place in (tmp_path / "no/out.json", tmp_path, Path("/proc/x.json"), Path("/dev/null")):
        error = run(tmp_path, "absent.tflite", "--out", place).exception
        assert isinstance(error, ConfigError), place
        assert str(error).startswith(f"{place}: ")


def test_a_place_for_a_figure_is_tried_before_the_work(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    error = run(tmp_path, "absent.tflite", "--plot", "/proc/x.png").exception
    assert isinstance(error, ConfigError)
    assert str(error).startswith("/proc/x.png: ")


def test_a_folder_is_called_one_and_nothing_is_like_no_name(tmp_path: Path) -> None:
    assert "is a folder" in str(run(tmp_path, tmp_path).exception)
    assert "did you mean" not in str(run(tmp_path, "").exception)


@pytest.mark.parametrize(
    "words", [["--threads", "0"], ["--runs", "0"], ["--sustained", "0"], ["--sustained", "-1"]]
)
def test_numbers_that_mean_nothing_are_refused(tmp_path: Path, words: list[str]) -> None:
    assert run(tmp_path, "x.tflite", *words).exit_code == 2
