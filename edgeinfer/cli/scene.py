"""`edgeinfer scene`: a drawn clip with its truth."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from edgeinfer.cli.progress import measuring
from edgeinfer.cli.scenery import weather_and_light

_SIDES_PX = range(16, 4097)  # what can be seen on, and what a codec takes


def _size(_context: click.Context, _option: click.Parameter, text: str) -> tuple[int, int]:
    """Raises: click.BadParameter: no two numbers, or no size of a picture."""
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if not found or any(int(side) not in _SIDES_PX for side in found.groups()):
        least, most = _SIDES_PX[0], _SIDES_PX[-1]
        raise click.BadParameter(f"{text}: give it as 640x480, each from {least} to {most} pixels")
    return int(found[1]), int(found[2])


@click.command("scene")
@click.argument("scene", metavar="railway|parking")
@click.option(
    "-o", "out", required=True, metavar="OUT", type=click.Path(path_type=Path),
    help="A .mp4 or .avi.",
)  # fmt: skip
@click.option(
    "--truth", metavar="FILE", type=click.Path(path_type=Path), help="Its truth as JSON. [none]"
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N")
@click.option(
    "--seconds",
    type=click.FloatRange(0, 86400, min_open=True),
    default=60.0,
    show_default=True,
    metavar="S",
)
@click.option(
    "--fps",
    type=click.FloatRange(0, 240, min_open=True),
    default=15.0,
    show_default=True,
    metavar="N",
)
@click.option("--size", callback=_size, default="640x480", show_default=True, metavar="WxH")
@weather_and_light
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(*, as_json: bool, **given: Any) -> None:
    """A drawn scene as a clip, with the truth of every frame and event.

    The same words give the same clip. `mixed` lets weather or light change in the course of
    minutes.
    """
    from edgeinfer.tools.scene import Request, write

    with measuring() as on_step:
        report = write(Request(**given), on_step)
    if as_json:
        print(json.dumps(asdict(report), indent=2, ensure_ascii=False))
        return
    objects = ", ".join(f"{count} {label}" for label, count in report.objects.items())
    print(f"{report.out}: {report.frames} frames, {report.seconds:g} s, {report.events} events")
    if report.truth:
        print(f"{report.truth}: boxes of {objects or 'nothing'}")
