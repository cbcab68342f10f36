"""`edgeinfer plan`: which models of the published menu fit a budget, in words or as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeinfer.cli import plan_table, plan_words
from edgeinfer.cli.progress import measuring

if TYPE_CHECKING:  # what they load is needed only when the verb is called
    from edgeinfer.tools.budget import Budget
    from edgeinfer.tools.latencies import Latencies
    from edgeinfer.tools.plan import Plan

_DEFAULT_FPS = 1.0


class Positive(click.FloatRange):
    """A number above 0; "nan" and "inf" are floats, but no budget."""

    def __init__(self, most: float | None = None) -> None:
        super().__init__(min=0, min_open=True, max=most)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a number to plan with", param, ctx)
        return number


@click.command("plan")
@click.option(
    "--task",
    type=click.Choice(["classification", "detection"]),
    default="classification",
    show_default=True,
)
@click.option("--fps", type=Positive(), help="Pictures a second. Without this and the next: 1.")
@click.option("--latency-ms", type=Positive(), help="Or: the most that one picture may take.")
@click.option("--storage-kb", type=Positive(), help="The largest file, in KB of 1,000 bytes.")
@click.option("--memory-mb", type=Positive(), help="For the whole service, in MB.")
@click.option("--min-accuracy", type=Positive(100), help="In percent, of the task's own metric.")
@click.option("--mflops", type=Positive(), help="A board on paper: MFLOP/s that it really gives.")
@click.option("--board", help="A board from other people's figures: pi3b+, pi4, pi5, zero2w.")
@click.option("--coral", is_flag=True, help="With --board: with a Coral USB accelerator.")
@click.option("--threads", type=click.IntRange(min=1), help="On this board: of the interpreter.")
@click.option("--measure-all", is_flag=True, help="On this board: time what cannot fit, too.")
@click.option("--measure-again", is_flag=True, help="On this board: do not use the times kept.")
@click.option("--plot", type=click.Path(path_type=Path), help="Size against accuracy, as a figure.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(plot: Path | None, *, as_json: bool, **words: Any) -> None:
    """Which models of the published menu fit, and which to take.

    This board is measured: each model that may fit is written with random weights, timed for a
    second or two, and its time is kept. Nothing is downloaded.

    A board that you do not have yet: --board for other people's figures, or --mflops. A data sheet
    gives a peak that no model reaches; the rule of thumb is to divide it by five to ten, so a chip
    of "5 GFLOP/s" is --mflops 500 to 1000. One MAC counts as two FLOPs.

    Exit status: 0 when a model fits, 1 when none does, 2 when the words are wrong.
    """
    from edgeinfer.tools import plan_plot
    from edgeinfer.tools import plot as figures
    from edgeinfer.tools.plan import plan

    budget = _budget(words)
    latencies = _latencies(words)
    if plot:
        figures.check(plot)
    with measuring() as on_step:
        found = plan(
            budget,
            latencies,
            on_row=lambda name, done, whole: on_step(name, done / whole),
            measure_all=words["measure_all"],
        )
    if plot:
        plan_plot.save(found, plot)
    if as_json:
        print(json.dumps(plan_words.document(found), indent=2, ensure_ascii=False))
    else:
        _print(found)
    if not any(verdict.fits for verdict in found.verdicts):
        change = plan_words.relax(found, by_fps=words["latency_ms"] is None)
        print(f"edgeinfer: plan: {change}", file=sys.stderr)
        sys.exit(1)


def _budget(words: Mapping[str, Any]) -> Budget:
    from edgeinfer.tools.budget import Budget

    fps, latency_ms = words["fps"], words["latency_ms"]
    if fps and latency_ms:
        raise click.UsageError("--fps and --latency-ms are the same limit; give one of them")
    storage_kb, memory_mb = words["storage_kb"], words["memory_mb"]
    return Budget(
        words["task"],
        latency_ms or 1000 / (fps or _DEFAULT_FPS),
        storage_kb and storage_kb * 1000,
        memory_mb and memory_mb * 1e6,
        words["min_accuracy"],
    )


def _latencies(words: Mapping[str, Any]) -> Latencies:
    from edgeinfer.model import boards
    from edgeinfer.tools.here import Here
    from edgeinfer.tools.latencies import OnPaper, OtherPeoples

    mflops, board, threads, coral = (words[w] for w in ("mflops", "board", "threads", "coral"))
    if mflops and board:
        raise click.UsageError("--mflops and --board are two boards; give one of them")
    if coral and not board:
        raise click.UsageError("--coral goes with --board, as in --board pi4 --coral")
    again = words["measure_again"]
    if (mflops or board) and (threads or words["measure_all"] or again):
        raise click.UsageError(
            "--threads, --measure-all and --measure-again are for this board, which is measured"
        )
    if mflops:
        return OnPaper(mflops)
    return OtherPeoples(boards.find(board), coral=coral) if board else Here(threads, again=again)


def _print(found: Plan) -> None:
    for line in plan_table.table(found):
        click.secho(line, fg="green" if line.endswith("  yes") else None, bold=line[0] == "-")
    click.echo()
    for number, line in enumerate(plan_words.recommendation(found)):
        click.secho(line, bold=number == 0)
    for line in found.notes:
        click.echo(f"note: {line}")
