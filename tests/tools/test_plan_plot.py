from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgeinfer.picture import load
from edgeinfer.tools import plan_plot
from edgeinfer.tools.budget import Budget
from edgeinfer.tools.latencies import OnPaper
from edgeinfer.tools.plan import plan
from tests.tools.boards import KnownBoard, row

pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")


def drawn(path: Path, budget: Budget) -> Path:
    plan_plot.save(plan(budget, OnPaper(500)), path)
    return path


def test_a_plan_is_drawn(tmp_path: Path) -> None:
    path = drawn(tmp_path / "plan.png", Budget("classification", 1000.0, 1_000_000))
    pixels = load(path)
    assert pixels.shape[1] >= 800
    assert len({tuple(colour) for colour in pixels[::5, ::5].reshape(-1, 3).tolist()}) > 20


def test_the_figure_names_what_fits_and_what_its_colours_mean(tmp_path: Path) -> None:
    path = drawn(tmp_path / "plan.svg", Budget("classification", 1000.0, 1_000_000, None, 30.0))
    text = path.read_text(encoding="utf-8")
    for words in ("v1_0.25_224 8 bit", "time for one picture, ms", "recommended", "limit"):
        assert f"<!-- {words} -->" in text


def test_a_plan_that_nothing_fits_is_drawn_too(tmp_path: Path) -> None:
    path = drawn(tmp_path / "plan.svg", Budget("classification", 1.0, 1000))
    assert "0 of " in path.read_text(encoding="utf-8")


def test_only_accuracies_that_compare_are_in_one_figure(tmp_path: Path) -> None:
    rows = [row("ours"), row("ours_too", accuracy=40.0), row("theirs", "b", accuracy=90.0)]
    found = plan(
        Budget("classification", 10.0),
        KnownBoard(dict.fromkeys(("ours", "ours_too", "theirs"), 1.0)),
        rows,
    )
    path = tmp_path / "plan.svg"
    plan_plot.save(found, path)
    text = path.read_text(encoding="utf-8")
    assert "<!-- ours -->" in text
    assert "<!-- theirs -->" not in text


def test_a_plan_without_a_single_latency_is_an_empty_figure(tmp_path: Path) -> None:
    path = tmp_path / "plan.png"
    plan_plot.save(plan(Budget("classification", 10.0), KnownBoard({}), [row("m")]), path)
    assert path.stat().st_size > 1000


def test_the_title_says_what_is_left_out_and_the_legend_only_what_is_there(
    tmp_path: Path,
) -> None:
    path = drawn(tmp_path / "plan.svg", Budget("detection", 5000.0))
    text = path.read_text(encoding="utf-8")
    assert "6 of 6 models fit" in text
    assert "not drawn: 8 tested otherwise or without a figure; 2 of them fit" in text
    assert "<!-- recommended -->" in text
    for words in ("does not fit", "limit"):
        assert f"<!-- {words} -->" not in text


@pytest.mark.parametrize("times", [(2912.0, 4949.0), (4.2, 4.2), (0.3, 900.0), (5.0, 5.0)])
def test_the_colours_have_two_ticks_at_the_least(
    times: tuple[float, float], tmp_path: Path
) -> None:
    board = KnownBoard(dict(zip("ab", times, strict=True)))
    path = tmp_path / "plan.svg"
    plan_plot.save(plan(Budget("classification", 1e4), board, [row("a"), row("b")]), path)
    text = path.read_text(encoding="utf-8")
    bar = text[text.index('id="axes_2"') :]
    assert len(re.findall(r'id="ytick_', bar)) >= 2
