"""`edgeinfer optimize`: what became of the model, in words or as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from edgeinfer.cli.progress import fetching, measuring


@click.command("optimize")
@click.argument("model")
@click.option(
    "-o", "out", required=True, metavar="OUT", type=click.Path(path_type=Path), help="A .tflite."
)
@click.option("--images", metavar="FOLDER|CLIP", help="Pictures to compare on. [drawn ones]")
@click.option(
    "--min-agreement",
    type=click.FloatRange(0, 1),
    default=0.98,
    show_default=True,
    metavar="X",
    help="Write nothing below it.",
)
@click.option(
    "--min-speedup",
    type=click.FloatRange(min=0),
    default=1.02,
    show_default=True,
    metavar="X",
    help="Write nothing that is not X times as fast.",
)
@click.option("--threads", type=click.IntRange(min=1), metavar="N", help="[all cores but one]")
@click.option(
    "--labels",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The labels of a model that has no card.",
)
@click.option(
    "--pictures",
    "most",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    metavar="N",
    help="Look at so many of them at most, evenly spread.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(*, as_json: bool, **given: Any) -> None:
    """The same model, faster here: an older uint8 one rewritten to int8.

    MODEL is a path or a name of the menu. No calibration data is needed: almost all numbers stay
    what they are. OUT and its card are written only where OUT is faster on this machine and agrees
    with the original; else the exit status is 1.
    """
    from edgeinfer.tools import chosen
    from edgeinfer.tools.optimize import Request, optimize

    with fetching() as on_fetch:
        chosen.find(given["model"], on_fetch)
    with measuring() as on_step:
        report = optimize(Request(**given), on_step)
    if as_json:
        print(json.dumps(_document(report), indent=2, ensure_ascii=False))
    else:
        _say(report)
    if not report.written:
        print(f"edgeinfer: {report.out}: not written: {report.reason}", file=sys.stderr)
        sys.exit(1)


def _document(report: Any) -> dict[str, Any]:
    document = asdict(report)
    for name in ("agreement", "kernels"):
        for measure in document[name]["measures"]:
            measure["share"] = measure["same"] / measure["of"]
    return document


def _say(report: Any) -> None:
    changes, speed = report.changes, report.speed
    print(
        f"{report.model}: uint8 rewritten to int8; {changes.channels - changes.rescaled} of "
        f"{changes.channels} channels of weights unchanged, {changes.rescaled} rescaled"
    )
    print(f"\n{report.pictures} pictures ({report.images}): same as the original")
    _table(report)
    print(
        f"\n{speed.original_ms.p50:.2f} ms -> {speed.rewritten_ms.p50:.2f} ms with "
        f"{speed.threads} thread{'s' * (speed.threads > 1)}, interleaved: "
        f"{speed.ratio.median:.2f} times as fast ({speed.ratio.p10:.2f} to {speed.ratio.p90:.2f}); "
        f"{report.bytes_before / 1e6:.2f} MB -> {report.bytes_after / 1e6:.2f} MB"
    )
    if report.written:
        print(f"written: {report.out}, and its card beside it")


def _table(report: Any) -> None:
    """Beside each share that of two kernels on the original: what lies there is noise."""
    from edgeinfer.tools.agreement import MEANINGS

    print(f"{'rewritten':>12}{'two kernels':>13}  of")
    for measure in report.agreement.measures:
        noise = report.kernels.share(measure.name)
        beside = "-" if noise is None else f"{noise:.4f}"
        print(f"{measure.share:>12.4f}{beside:>13}  {measure.of} {MEANINGS[measure.name]}")
    if report.agreement.largest_step is not None:
        for name, value in (("mean", "mean_step"), ("largest", "largest_step")):
            rewritten, noise = getattr(report.agreement, value), getattr(report.kernels, value)
            print(f"{rewritten:>12.3g}{noise:>13.3g}  steps of the outputs' scale apart ({name})")
