from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeinfer.cli import cli

HEAD = '[source]\ntype = "synthetic"\n[model]\nname = "mobilenet_v1_0.25_128"\n'


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    file = tmp_path / "edgeinfer.toml"
    file.write_text(f'{HEAD}[[sink]]\ntype = "jsonl"\npath = "-"\n')
    return file


def check(file: Path, *words: str, color: bool = False) -> Result:
    env = {"EDGEINFER_MODELS": None, "STATE_DIRECTORY": str(file.parent / "state")}
    return CliRunner().invoke(cli, ["check", "-c", str(file), *words], env=env, color=color)


def test_a_real_process_examines_this_machine() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edgeinfer", "check", "--json"],
        capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert document["ok"] is True
    lines = {line["name"]: line for line in document["lines"]}
    assert set(lines["board"]) == {"name", "state", "what", "advice"}
    assert lines["runtime"]["state"] == "ok"
    assert "ai-edge-litert" in lines["runtime"]["what"]
    assert f"{os.sysconf('SC_PAGESIZE') // 1024} KiB" in lines["page size"]["what"]
    assert done.stderr == ""


def test_words_stand_in_columns_and_advice_below(configuration: Path) -> None:
    result = check(configuration)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    (board,) = [line for line in lines if line.startswith("ok    board")]
    (model,) = [line for line in lines if line.startswith("warn  model")]
    assert model.index("mobilenet_v1_0.25_128: not here") == 21
    assert board[20] == " " != board[21]
    advice = lines[lines.index(model) + 1]
    assert advice == f"{'':21}→ fetch it now: edgeinfer models pull mobilenet_v1_0.25_128"


def test_colours_are_for_terminals_alone(configuration: Path) -> None:
    assert "\x1b[" not in check(configuration).stdout
    assert "\x1b[32mok" in check(configuration, color=True).stdout


def test_a_configuration_with_five_mistakes_shows_five_failures(tmp_path: Path) -> None:
    file = tmp_path / "edgeinfer.toml"
    file.write_text(
        'colour = "blue"\n[source]\ntype = "v4l2"\ndevise = "0"\n'
        '[model]\nname = "coco_ssd_mobilenet_v1"\nthreads = 0\n'
        '[limits]\nmax_fps = "ten"\n[[sink]]\ntype = "mqqt"\n'
    )
    result = check(file)
    assert result.exit_code == 2
    places = re.findall(r"^fail  configuration  (.+?):", result.stdout, re.MULTILINE)
    wrong = ["colour", "limits.max_fps", "model.threads", "sink 1.type", "source.devise"]
    assert sorted(places) == wrong
    assert "→ did you mean device?" in result.stdout


def test_a_broker_that_takes_the_call_and_says_nothing_is_a_failure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        file = tmp_path / "edgeinfer.toml"
        file.write_text(f'{HEAD}[[sink]]\ntype = "mqtt"\nuri = "mqtt://127.0.0.1:{port}"\n')
        result = check(file, "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["ok"] is False
    (failure,) = [line for line in document["lines"] if line["state"] == "fail"]
    assert failure["name"] == "sink"
    assert f"127.0.0.1:{port}" in failure["what"]
    assert failure["advice"]
