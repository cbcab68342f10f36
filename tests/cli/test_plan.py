from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edgeinfer.cli import cli
from edgeinfer.errors import ConfigError

TALK = ("--mflops", "500", "--storage-kb", "1000")


def run(*words: str, **env: str) -> Result:
    return CliRunner().invoke(cli, ["plan", *words], env=env)


def answer(*words: str, **env: str) -> Any:
    return json.loads(run(*words, "--json", **env).stdout)


def test_the_talk_s_example_is_answered_in_words() -> None:
    result = run(*TALK)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["model", "type", "KB", "top-1", "%", "ms", "fits"]
    assert lines[1].startswith("-- tested on ImageNet ILSVRC 2012 validation, one crop, TF-slim: 4")
    assert lines[2].split() == ["mobilenet_v1_0.25_224", "8", "bit", "518", "48.2", "164", "yes"]
    (large,) = [line for line in lines if re.match(r"mobilenet_v1_1.0_224 +8 bit", line)]
    assert large.endswith("too large")
    (take,) = [line for line in lines if line.startswith("take ")]
    assert "mobilenet_v1_0.25_224 (8 bit): 48.2 % top-1" in take
    assert any("divide it by five to ten" in line for line in lines)


def test_every_row_has_its_source_in_the_document() -> None:
    found = answer(*TALK)
    assert found["recommendation"]["name"] == "mobilenet_v1_0.25_224"
    assert found["recommendation"]["dtype"] == "uint8"
    assert found["relax"] is None
    assert found["budget"]["latency_ms"] == 1000.0
    keys = {
        "name", "family", "width", "px", "dtype", "size_bytes", "parameters", "macs",
        "macs_counted", "published_macs", "memory_bytes", "accuracy", "metric", "test_set",
        "comparable", "source", "weights", "card", "latency_ms", "latency_kind",
        "latency_origin", "latency_disturbed", "fits", "reason", "limit",
    }  # fmt: skip
    assert all(set(model) == keys for model in found["models"])
    assert all(model["source"] for model in found["models"])
    assert {model["fits"] for model in found["models"] if model["reason"]} == {False}


def test_a_budget_that_nothing_fits_says_what_to_relax_and_by_how_much() -> None:
    result = run("--mflops", "500", "--storage-kb", "300", "--fps", "2")
    assert result.exit_code == 1
    said = "the smallest change is --storage-kb 518 instead of 300, for mobilenet_v1_0.25_224"
    assert said in result.stderr
    assert run("--mflops", "500", "--storage-kb", "518", "--fps", "2").exit_code == 0


@pytest.mark.parametrize(
    ("words", "limit", "given"),
    [
        ((), "--fps", "400"),
        ((), "--latency-ms", "2.5"),
        (("--fps", "0.1"), "--memory-mb", "100"),
        (("--fps", "0.1"), "--min-accuracy", "99"),
        (("--fps", "0.1"), "--storage-kb", "123.4"),
    ],
)
def test_who_follows_the_advice_gets_a_model(
    words: tuple[str, ...], limit: str, given: str
) -> None:
    result = run("--mflops", "500", *words, limit, given)
    assert result.exit_code == 1
    found = re.search(rf"{limit} ([\d.]+) instead of {given},", result.stderr)
    assert found, result.stderr
    assert run("--mflops", "500", *words, limit, found[1]).exit_code == 0


def test_the_document_of_a_budget_that_nothing_fits_has_the_change() -> None:
    result = run("--mflops", "500", "--storage-kb", "300", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["recommendation"] is None
    (limit,) = found["relax"]["limits"]
    assert limit["limit"] == "storage"
    assert limit["allowed"] == 300_000
    assert 300_000 < limit["needed"] < 530_000


def test_a_board_of_other_people_names_them() -> None:
    result = run("--board", "pi4", "--fps", "10", "--task", "detection")
    assert result.exit_code == 0
    assert "other people's figures for a Raspberry Pi 4" in result.stdout
    assert "NobuoTsukamoto/benchmarks" in result.stdout
    assert "not ranked with it, tested otherwise" in result.stdout


def test_a_board_of_which_nobody_published_anything_says_so() -> None:
    result = run("--board", "pi5", "--coral", "--task", "detection")
    assert result.exit_code == 1
    assert "nothing fits on Raspberry Pi 5 with a Coral: no published latency" in result.stderr
    assert "published is: --board pi5 --task detection, --board " in result.stderr
    assert "--board pi5 --coral" not in result.stderr


@pytest.mark.parametrize("board", ["pi5", "pi5 --coral", "zero2w --task detection"])
def test_the_way_on_leads_to_figures(board: str) -> None:
    result = run("--board", *board.split(), "--fps", "0.01")
    assert result.exit_code == 1
    offered = result.stderr.split("published is: ")[1].strip().split(", ")
    assert offered
    for words in offered:
        assert run(*words.split(), "--fps", "0.01").exit_code == 0, words


def test_the_table_has_a_group_for_each_test_and_ranks_within_it_alone() -> None:
    lines = run("--mflops", "500", "--task", "detection", "--fps", "0.2").stdout.split("\n\n")[0]
    groups = lines.split("-- tested on ")[1:]
    assert [group.split(":")[0] for group in groups] == [
        "a part of COCO's validation set, TensorFlow 1 detection zoo",
        "COCO 2017 validation, run on a Pi 4",
    ]
    for group, fit in zip(groups, (6, 2), strict=True):
        rated = [float(line[49:57]) for line in group.splitlines() if line.endswith("  yes")]
        assert len(rated) == fit
        assert rated == sorted(rated, reverse=True)


def test_an_accuracy_to_relax_names_its_test() -> None:
    result = run("--mflops", "500", "--min-accuracy", "99")
    assert result.stderr.strip().endswith("one crop, TF-slim")
    assert "held against each model's own test" in result.stdout


def test_a_model_of_the_own_menu_is_pulled_whatever_its_name_there() -> None:
    found = run("--mflops", "5000", "--task", "detection", "--storage-kb", "4300").stdout
    assert "take ssd_mobilenet_v1_0.75_300 (8 bit)" in found
    assert "edgeinfer models pull coco_ssd_mobilenet_v1" in found
    assert "the same graph under another name" in found


def test_an_upper_bound_is_marked_in_the_table_and_explained() -> None:
    found = run("--board", "pi4", "--coral").stdout
    assert re.search(r"mobilenet_v1_0.25_128 .* <=4\.20  yes", found)
    assert "note: <= is a larger sibling's own time" in found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fps", "-1"), "--fps"),
        (("--fps", "0"), "--fps"),
        (("--latency-ms", "nan"), "--latency-ms"),
        (("--storage-kb", "inf"), "--storage-kb"),
        (("--memory-mb", "much"), "--memory-mb"),
        (("--min-accuracy", "101"), "--min-accuracy"),
        (("--fps", "5", "--latency-ms", "10"), "the same limit"),
        (("--mflops", "5", "--board", "pi4"), "two boards"),
        (("--coral",), "--coral goes with --board"),
        (("--board", "pi4", "--threads", "2"), "this board"),
        (("--mflops", "5", "--measure-all"), "this board"),
        (("--board", "pi4", "--measure-again"), "this board"),
        (("--task", "guessing"), "--task"),
    ],
)
def test_wrong_words_end_with_2(words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_an_unknown_board_is_the_person_s_mistake() -> None:
    result = run("--board", "pi6")
    assert isinstance(result.exception, ConfigError)
    assert result.exception.exit_status == 2
    assert "unknown; did you mean" in str(result.exception)


def test_this_board_is_measured_and_remembered(tmp_path: Path) -> None:
    state = {"STATE_DIRECTORY": str(tmp_path)}
    words = ("--storage-kb", "520", "--min-accuracy", "48", "--threads", "1")
    found = answer(*words, **state)
    assert found["recommendation"]["name"] == "mobilenet_v1_0.25_224"
    (timed,) = [model for model in found["models"] if model["latency_kind"] == "measured"]
    assert timed["latency_ms"] > 0
    (kept,) = (tmp_path / "bench" / "plan").iterdir()
    table = json.loads(kept.read_text())
    assert list(table) == ["mobilenet_v1_0.25_224 uint8"]
    table["mobilenet_v1_0.25_224 uint8"] |= {"ms": 123.4, "others_share": 0.0}
    kept.write_text(json.dumps(table))
    assert answer(*words, **state)["recommendation"] == found["recommendation"]
    assert "123 ms a picture" in run(*words, **state).stdout
    assert "123 ms a picture" not in run(*words, "--measure-again", **state).stdout


def test_a_figure_is_written_beside_the_answer(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    path = tmp_path / "plan.png"
    assert run(*TALK, "--plot", str(path)).exit_code == 0
    assert path.stat().st_size > 10_000
    wrong = run(*TALK, "--plot", str(tmp_path / "plan.txt"))
    assert isinstance(wrong.exception, ConfigError)
    assert wrong.stdout == ""
