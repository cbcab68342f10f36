from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edgeinfer.cli import cli
from edgeinfer.errors import ConfigError, ModelError
from edgeinfer.model import menu
from tests.cli.mirror import mirror

SMALL = "mobilenet_v1_0.25_128"
SMALL_FILE = "mobilenet_v1_0.25_128_quant.tflite"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A machine that has pulled nothing."""
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def online(models: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    with mirror(models, tmp_path) as variables:
        yield variables


def run(folder: Path, *words: str, **env: str) -> Result:
    """`edgeinfer models …` where `folder` holds the pulled weights."""
    settings = {"EDGEINFER_MODELS": None, "STATE_DIRECTORY": str(folder.parent), **env}
    return CliRunner().invoke(cli, ["models", *words], env=settings)


def answer(result: Result) -> Any:
    return json.loads(result.stdout)


def test_the_menu_is_listed_as_a_table(empty: Path) -> None:
    result = run(empty, "list")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["name", "task", "size", "accuracy", "needs", "here"]
    (row,) = [line for line in lines if line.startswith(f"{SMALL} ")]
    assert row.split() == [SMALL, "classification", "0.5", "MB", "39.9", "%", "top-1", "no"]
    assert any("Edge TPU" in line for line in lines)
    assert len(lines) == len([card for card in menu.cards() if card.task != "test"]) + 1
    assert max(map(len, lines)) <= 80


def test_models_that_only_tests_need_are_listed_when_asked_for(empty: Path) -> None:
    assert "invalid_model" not in run(empty, "list").stdout
    assert "invalid_model" in run(empty, "list", "--all").stdout


def test_a_real_process_lists_the_menu_as_one_document(models: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edgeinfer", "models", "list", "--json"],
        capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "EDGEINFER_MODELS": str(models)},
    )  # fmt: skip
    by_name = {entry["name"]: entry for entry in json.loads(done.stdout)}
    assert by_name[SMALL]["path"] == str(models / SMALL_FILE)
    assert by_name[SMALL]["bytes"] == 525598
    assert by_name[SMALL]["accuracy"]["value"] == 39.9
    assert by_name["movenet_single_pose_lightning"]["accuracy"] is None
    assert by_name[f"{SMALL}_edgetpu"]["cpu_model"] == SMALL


def test_a_pulled_model_is_found_and_verified(empty: Path, online: dict[str, str]) -> None:
    pulled = run(empty, "pull", SMALL, **online)
    assert pulled.exit_code == 0
    assert (empty / SMALL_FILE).stat().st_size == 525598
    assert "pulled" in pulled.stdout
    assert SMALL in pulled.stderr
    assert run(empty, "path", SMALL).stdout == f"{empty / SMALL_FILE}\n"
    checked = answer(run(empty, "verify", "--json", SMALL))
    assert checked == [{"name": SMALL, "state": "ok", "path": str(empty / SMALL_FILE)}]


def test_every_model_of_the_menu_is_pulled_with_one_word(
    empty: Path, online: dict[str, str]
) -> None:
    result = run(empty, "pull", "--all", "--json", **online)
    assert result.exit_code == 0
    states = {report["name"]: report["state"] for report in answer(result)}
    assert states.pop("demo_detector") == "here already"
    assert set(states.values()) == {"pulled"}
    checked = answer(run(empty, "verify", "--json"))
    assert {report["state"] for report in checked} == {"ok"}
    assert len(states) == len(list(empty.iterdir()))


def test_what_is_here_is_not_pulled_again(models: Path, empty: Path) -> None:
    # With no way to any server, doing nothing is the only way to succeed.
    result = run(
        empty,
        "pull",
        SMALL,
        SMALL_FILE,
        EDGEINFER_MODELS=str(models),
        https_proxy="http://x.invalid",
    )
    assert result.exit_code == 0
    assert result.stdout.count("here already") == 1
    assert list(empty.iterdir()) == []


def test_a_wrong_file_is_reported_and_pulled_again(
    empty: Path, tmp_path: Path, online: dict[str, str]
) -> None:
    named = tmp_path / "named"
    named.mkdir()
    (named / SMALL_FILE).write_bytes(b"wrong")
    here = {"EDGEINFER_MODELS": str(named)}
    checked = run(empty, "verify", SMALL, **here)
    assert checked.exit_code == 1
    assert f"{SMALL}  wrong" in checked.stdout
    assert "pull it again" in checked.stderr
    assert run(empty, "pull", SMALL, **online, **here).exit_code == 0
    assert run(empty, "verify", SMALL, **here).exit_code == 0


def test_a_model_that_cannot_be_had_does_not_keep_the_others_away(
    models: Path, empty: Path
) -> None:
    (empty / SMALL_FILE).write_bytes((models / SMALL_FILE).read_bytes())
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        result = run(empty, "pull", "mobilenet_v1_0.5_160", SMALL, "--json", https_proxy=proxy)
    assert result.exit_code == 1
    failed, there = answer(result)
    assert (failed["state"], failed["path"]) == ("failed", None)
    assert "go online" in failed["error"]
    assert there["state"] == "here already"
    assert [path.name for path in empty.iterdir()] == [SMALL_FILE]


def test_missing_models_are_no_wrong_ones(empty: Path) -> None:
    result = run(empty, "verify", "--json")
    assert result.exit_code == 0
    states = {report["name"]: report["state"] for report in answer(result)}
    assert states.pop("demo_detector") == "ok", "it comes with edgeinfer"
    assert set(states.values()) == {"missing"}


def test_the_path_of_a_missing_model_is_an_error_in_one_line(empty: Path) -> None:
    result = run(empty, "path", SMALL, "--json")
    assert answer(result) == {"name": SMALL, "path": None}
    assert isinstance(result.exception, ModelError)
    assert "\n" not in str(result.exception)
    assert "edgeinfer models pull" in str(result.exception)


def test_pull_wants_names_or_all(empty: Path) -> None:
    assert run(empty, "pull").exit_code == 2
    assert run(empty, "pull", SMALL, "--all").exit_code == 2


@pytest.mark.parametrize("verb", ["pull", "verify", "path"])
def test_an_unknown_name_is_refused_with_the_nearest(empty: Path, verb: str) -> None:
    result = run(empty, verb, "mobilenet_v1_0.25_12")
    assert isinstance(result.exception, ConfigError)
    assert f"did you mean {SMALL}" in str(result.exception)


def test_a_pull_that_is_terminated_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    """A server that begins and then falls silent; the process is told to end meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        words = [sys.executable, "-m", "edgeinfer", "models", "pull", SMALL]
        env = {**os.environ, "STATE_DIRECTORY": str(tmp_path), "https_proxy": proxy}
        env.pop("EDGEINFER_MODELS", None)
        with subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = silent.accept()
            process.terminate()
            _, errors = process.communicate(timeout=20)
            connection.close()
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "edgeinfer: interrupted; nothing half done is left"
    assert list((tmp_path / "models").iterdir()) == []


def test_a_named_model_that_is_missing_fails_its_verification(empty: Path) -> None:
    assert run(empty, "verify", SMALL).exit_code == 1
    assert run(empty, "verify").exit_code == 0


def test_an_unknown_verb_is_one_line_with_the_nearest() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edgeinfer", "runn"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "edgeinfer: runn: no such verb; did you mean run?; see --help\n"
