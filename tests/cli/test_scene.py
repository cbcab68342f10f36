from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeinfer.cli import cli
from edgeinfer.errors import ConfigError

SHORT = ("--seconds", "1", "--fps", "4", "--size", "64x48")


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["scene", *map(str, words)])


def test_it_says_what_was_written(tmp_path: Path) -> None:
    out, truth = tmp_path / "out.mp4", tmp_path / "out.json"
    done = run("parking", *SHORT, "--light", "night", "-o", out, "--truth", truth)
    assert done.exit_code == 0, done.output
    assert f"{out}: 4 frames, 1 s" in done.stdout
    assert json.loads(truth.read_text())["light"] == "night"


def test_its_json_is_one_document(tmp_path: Path) -> None:
    done = run("railway", *SHORT, "-o", tmp_path / "out.mp4", "--json")
    report = json.loads(done.stdout)
    assert (report["scene"], report["frames"], report["truth"]) == ("railway", 4, None)


@pytest.mark.parametrize("size", ["0x0", "640", "x", "20000x20000", "640x-480"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, size: str) -> None:
    done = run("railway", "--size", size, "-o", tmp_path / "out.mp4")
    assert done.exit_code == 2
    assert "give it as 640x480" in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words", [("--fps", 0), ("--seconds", -1), ("--weather", "hail"), ("--seed", -1)]
)
def test_numbers_and_names_that_are_none_are_refused(
    tmp_path: Path, words: tuple[object, ...]
) -> None:
    assert run("railway", *words, "-o", tmp_path / "out.mp4").exit_code == 2


def test_an_unknown_scene_is_named(tmp_path: Path) -> None:
    done = run("mars", "-o", tmp_path / "out.mp4")
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == "mars: no such scene; there are railway, parking"
