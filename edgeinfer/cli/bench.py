"""`edgeinfer bench`: what this board really gives a model, in words, as JSON or as a figure."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from edgeinfer.cli.progress import fetching, measuring
from edgeinfer.errors import ConfigError


@click.command("bench")
@click.argument("model")
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="[all cores but one]")
@click.option("--runs", type=click.IntRange(min=1), metavar="N", help="[for two seconds or more]")
@click.option("--delegate", metavar="LIB", help="A delegate, as in libedgetpu.so.1.")
@click.option("--compare", "other", metavar="OTHER", help="Another model, timed run by run beside.")
@click.option(
    "--sustained",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Run so long without a pause, and watch speed and heat.",
)
@click.option("--profile", is_flag=True, help="The time of each operator.")
@click.option("--quick", is_flag=True, help="The invoke alone: no peak, threads and memory.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="A .png, .svg, .pdf.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="The JSON into FILE.")
@click.option("--no-save", is_flag=True, help="Do not keep the result for this board.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(
    *,
    plot: Path | None,
    out: Path | None,
    no_save: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """What this board really gives MODEL, a path or a name of the menu.

    Warm-up until steady, then percentiles of the invoke, real GFLOP/s, the share of what this
    machine reaches on plain convolutions, one thread against several, and memory. The result is
    kept for this board. Let the board do nothing else meanwhile.
    """
    _check_places(plot, out)
    report = _measured(given)
    from edgeinfer.tools import results

    found = results.document(report)
    if not no_save:
        _keep(found, report)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _print(report)
    if out:
        _write({**found, "command": _command()}, out)
    if plot:
        from edgeinfer.tools import bench_plot

        bench_plot.save(report, plot)


def _check_places(plot: Path | None, out: Path | None) -> None:
    """Before minutes are spent on what cannot be written."""
    if plot:
        from edgeinfer.tools import plot as plotting

        plotting.check(plot)
    if out:
        from edgeinfer.tools import place

        place.check(out)


def _measured(given: dict[str, Any]) -> Any:
    from edgeinfer.tools import chosen
    from edgeinfer.tools.bench import Request, bench

    with fetching() as on_fetch:
        model = chosen.find(given["model"], on_fetch)
        other = chosen.find(given["other"], on_fetch) if given["other"] else None
    request = Request(
        model=model,
        other=other,
        threads=given["threads"],
        runs=given["runs"],
        delegate=given["delegate"],
        sustained_s=given["sustained"],
        profile=given["profile"],
        quick=given["quick"],
    )
    with measuring() as on_step:
        return bench(request, on_step)


def _print(report: Any) -> None:
    from rich.console import Console

    from edgeinfer.cli import bench_words

    # The names in a file may hold anything; none of it is markup.
    console = Console(markup=False, highlight=False, emoji=False)
    for part in bench_words.parts(report):
        console.print(part)


def _command() -> str:
    return shlex.join(["edgeinfer", *sys.argv[1:]])


def _write(found: dict[str, Any], path: Path) -> None:
    from edgeinfer.tools import results

    try:
        results.write(found, path)
    except OSError as error:
        raise ConfigError(f"--out {path}: {error.strerror or error}") from error


def _keep(found: dict[str, Any], report: Any) -> None:
    """What was measured stands on standard output: that it is not kept is no failure."""
    from edgeinfer.tools import results
    from edgeinfer.tools.timing import ENOUGH_RUNS

    if not report.is_enough:
        words = f"not kept: {ENOUGH_RUNS} runs are the least that tell something"
        print(f"edgeinfer: {words}", file=sys.stderr)
        return
    try:
        results.write(found, results.file(report))
    except OSError as error:
        where = error.filename or results.folder()
        print(f"edgeinfer: {where}: not kept: {error.strerror or error}", file=sys.stderr)
