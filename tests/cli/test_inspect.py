from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edgeinfer.cli import cli
from edgeinfer.errors import ConfigError, ModelError
from tests.conftest import ROOT
from tests.model import built

SMALL = "mobilenet_v1_0.25_128"
SMALL_FILE = "mobilenet_v1_0.25_128_quant.tflite"
SSD_FILE = "coco_ssd_mobilenet_v1_1.0_quant.tflite"


def run(*words: object, **env: str | None) -> Result:
    return CliRunner().invoke(cli, ["inspect", *map(str, words)], env=env)


def document(path: Path) -> Any:
    result = run(path, "--json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def fields(text: str) -> dict[str, str]:
    """The first line of each field of the table."""
    lines = [line for line in text.splitlines() if line[:1].strip()]
    return {line[:12].strip(): line[13:].strip() for line in lines}


def test_the_document_holds_what_a_program_asks_for(models: Path) -> None:
    found = document(models / SMALL_FILE)
    assert (found["macs"], found["flops"]) == (13_570_304, 27_140_608)
    assert found["parameters"] == 467_593
    assert found["weight_bytes"] == {"uint8": 463_856, "int32": 14_948}
    assert found["file_bytes"] == 525_598
    assert found["activation_peak_bytes"] == 64 * 64 * (8 + 16)
    assert found["inputs"] == [
        {
            "name": "input",
            "shape": [1, 128, 128, 3],
            "type": "uint8",
            "signature": None,
            "quantization": {"scales": [0.0078125], "zero_points": [128], "axis": 0},
        }
    ]
    assert found["outputs"][0]["shape"] == [1, 1001]
    assert found["edgetpu"]["compiled"] is False
    assert found["uncounted"] == []
    assert len(found["labels"]) == 1001
    assert found["metadata"]["files"] == ["imagenet_labels.txt"]
    assert [graph["operators"] for graph in found["subgraphs"]] == [31]


def test_the_operators_of_the_document_add_up(models: Path) -> None:
    found = document(models / SSD_FILE)
    assert sum(operator["macs"] for operator in found["operators"]) == found["macs"]
    assert sum(operator["parameters"] for operator in found["operators"]) == found["parameters"]
    first = found["operators"][0]
    assert first["name"] == "CONV_2D"
    assert first["inputs"][0]["shape"] == [1, 300, 300, 3]
    assert first["outputs"][0]["type"] == "uint8"
    kinds = {kind["name"]: kind["count"] for kind in found["distinct_operators"]}
    assert kinds["CONV_2D"] == 34
    assert sum(kinds.values()) == len(found["operators"])


def test_a_person_reads_the_same_in_80_columns(models: Path) -> None:
    result = run(models / SSD_FILE, COLUMNS=None)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    shown = fields(result.stdout)
    assert shown["parameters"] == "4,108,899 (4.11 M)"
    assert shown["MACs"] == "728,036,496 (728.04 M)"
    assert shown["weights"].startswith("4,096,260 bytes uint8, 50,556 bytes int32, 217 bytes")
    assert shown["Edge TPU"] == "not compiled for it; it would take 63 of 64 operators"
    assert "refused: 1 TFLite_Detection_PostProcess" in result.stdout


def test_the_page_shows_what_the_verb_prints(models: Path) -> None:
    page = (ROOT / "docs/know-the-budget.md").read_text(encoding="utf-8")
    shown = page.split(f"$ edgeinfer inspect {SMALL}\n")[1].split("```")[0]
    result = run(SMALL, EDGEINFER_MODELS=str(models), COLUMNS=None)
    assert [line.rstrip() for line in result.stdout.splitlines()] == shown.splitlines()


def test_every_operator_has_its_line_when_asked_for(models: Path) -> None:
    result = run(models / SMALL_FILE, "--ops")
    lines = result.stdout.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("operator "))
    assert lines[start].split() == ["operator", "input", "output", "MACs", "parameters"]
    assert lines[start + 1].split() == ["CONV_2D", "1x128x128x3", "1x64x64x8", "884,736", "224"]
    assert len(lines[start + 1 :]) == 31
    assert max(map(len, lines)) <= 80


def test_what_cannot_be_counted_is_named(models: Path) -> None:
    path = models / "mobilenet_v1_0.25_128_quant_edgetpu.tflite"
    result = run(path, "--ops")
    assert fields(result.stdout)["MACs"] == "unknown; not counted: edgetpu-custom-op"
    assert "compiled for it" in result.stdout
    assert fields(result.stdout)["parameters"] == "unknown; not counted: edgetpu-custom-op"
    assert result.stdout.splitlines()[-1].split()[-2:] == ["unknown", "unknown"]
    found = document(path)
    assert (found["macs"], found["flops"], found["parameters"]) == (None, None, None)
    assert found["uncounted"] == found["uncounted_parameters"] == ["edgetpu-custom-op"]
    assert [graph["macs"] for graph in found["subgraphs"]] == [None]
    assert [operator["parameters"] for operator in found["operators"]] == [None]
    assert found["edgetpu"]["compiled"] is True


def test_an_operator_is_shown_with_what_it_works_on_and_not_with_a_setting(tmp_path: Path) -> None:
    result = run(built.transposed().save(tmp_path), "--ops")
    line = next(line for line in result.stdout.splitlines() if line.startswith("TRANSPOSE_CONV"))
    assert line.split() == ["TRANSPOSE_CONV", "1x4x4x2", "1x8x8x3", "384", "24"]


def test_a_loop_and_its_subgraphs_are_told(tmp_path: Path) -> None:
    path = built.loop().save(tmp_path)
    shown = fields(run(path).stdout)
    assert shown["subgraphs"] == "3, summed: main, condition, body"
    assert shown["control flow"] == "WHILE: what they run is counted once"
    assert document(path)["control_flow"] == ["WHILE"]


def test_names_in_a_file_reach_the_terminal_as_plain_text(tmp_path: Path) -> None:
    model = built.chain()
    model.table.subgraphs[0].tensors[0].name = "\x1b[31m[red]in[/red]"
    result = run(model.save(tmp_path))
    assert "\x1b" not in result.stdout
    assert fields(result.stdout)["input"] == "?[31m[red]in[/red] 1x4 float32"


def test_a_document_has_no_number_that_json_has_not(tmp_path: Path) -> None:
    from edgeinfer.model.flatbuffer import schema

    model = built.chain()
    quantization = schema.QuantizationParametersT()
    quantization.scale, quantization.zeroPoint = [float("nan"), 0.5], [0, 0]
    model.table.subgraphs[0].tensors[0].quantization = quantization
    result = run(model.save(tmp_path), "--json")
    assert "NaN" not in result.stdout
    assert json.loads(result.stdout)["inputs"][0]["quantization"]["scales"] == [None, 0.5]


def test_a_name_of_the_menu_is_a_model(models: Path) -> None:
    result = run(SMALL, "--json", EDGEINFER_MODELS=str(models))
    assert json.loads(result.stdout)["model"] == str(models / SMALL_FILE)


def test_a_model_of_the_menu_that_is_not_here_says_how_to_pull_it(tmp_path: Path) -> None:
    result = run(SMALL, EDGEINFER_MODELS=None, STATE_DIRECTORY=str(tmp_path))
    assert isinstance(result.exception, ModelError)
    assert f"pull it: edgeinfer models pull {SMALL}" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_not_on_the_menu_is_refused() -> None:
    assert isinstance(run("mobilenet_v9").exception, ConfigError)


def test_nothing_is_like_no_name_of_the_menu() -> None:
    assert str(run("").exception) == "model '': not on the menu; `edgeinfer models list` shows it"


@pytest.mark.parametrize("kind", ["text", "cut", "absent", "no buffers"])
def test_a_bad_file_is_one_line_and_status_1(models: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.tflite"
    if kind == "text":
        path.write_text("no model at all")
    elif kind == "cut":
        path.write_bytes((models / SSD_FILE).read_bytes()[:100_000])
    elif kind == "no buffers":
        path = models / "invalid_model_invoking_error.tflite"
    done = subprocess.run(
        [sys.executable, "-m", "edgeinfer", "inspect", str(path), "--json"],
        capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"edgeinfer: {path}: ")
