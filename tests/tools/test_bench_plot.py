from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edgeinfer.errors import ConfigError
from edgeinfer.model.skeleton import conv_stack
from edgeinfer.picture import load
from edgeinfer.tools import bench_plot, plot
from edgeinfer.tools.bench import Report, Request, bench
from edgeinfer.tools.chosen import Chosen


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    pytest.importorskip("matplotlib")
    path = tmp_path_factory.mktemp("model") / "small.tflite"
    path.write_bytes(conv_stack("int8", size=8, channels=8, layers=2))
    model = Chosen("small", path)
    return bench(Request(model=model, threads=1, runs=20, profile=True, sustained_s=0.2))


def test_a_report_becomes_a_picture_with_a_panel_for_each_part(
    report: Report, tmp_path: Path
) -> None:
    everything, least = tmp_path / "all.png", tmp_path / "least.png"
    bench_plot.save(report, everything)
    bench_plot.save(replace(report, sweep=None, sustained=None, profile=None), least)
    whole, one = load(everything), load(least)
    assert whole.shape[0] > one.shape[0]
    assert whole.shape[1] > one.shape[1]
    assert whole.std() > 0


def test_temperature_has_an_axis_of_its_own_where_it_is_known(
    report: Report, tmp_path: Path
) -> None:
    assert report.sustained is not None
    windows = tuple(
        replace(window, temperature_c=50.0 + index)
        for index, window in enumerate(report.sustained.windows)
    )
    hot = replace(report, sustained=replace(report.sustained, windows=windows))
    bench_plot.save(hot, tmp_path / "hot.svg")
    assert "<svg" in (tmp_path / "hot.svg").read_text()


def test_what_cannot_be_written_is_found_before_the_work(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(ConfigError, match=r"no format for a figure; end it in \.png"):
        plot.check(tmp_path / "figure.txt")
    with pytest.raises(ConfigError, match="its folder is not there"):
        plot.check(tmp_path / "nowhere/figure.png")
    plot.check(tmp_path / "figure.PNG")


def test_without_matplotlib_one_line_says_what_to_install(tmp_path: Path) -> None:
    absent = tmp_path / "matplotlib"
    absent.mkdir()
    (absent / "__init__.py").write_text("raise ImportError('not here')\n")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from edgeinfer.cli import main\n"
        "sys.argv = ['edgeinfer', 'bench', 'x.tflite', '--plot', 'x.png']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    wanted = "edgeinfer: a plot needs matplotlib; pip install 'edgeinfer[plot]'\n"
    assert done.stderr == wanted
