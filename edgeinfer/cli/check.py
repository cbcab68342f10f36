"""`edgeinfer check`: the doctor's answers, in words or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}
_STATE_WIDTH = 4
_NAME_WIDTH = 13


@click.command("check")
@click.option(
    "-c", "--config", "file", type=click.Path(path_type=Path), help="Try what this file names, too."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def command(file: Path | None, *, as_json: bool) -> None:
    """The doctor: what this machine has, what is wrong, and what to do.

    With -c, the model is run, the source opened for a picture, and each sink tried. Exit status: 0
    when nothing fails, 1 when something does, 2 when the configuration is wrong.
    """
    from edgeinfer.tools import check

    lines = list(_shown(check.check(file), quiet=as_json))
    status = check.exit_status(lines)
    if as_json:
        document = {"lines": [asdict(line) for line in lines], "ok": status == 0}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    sys.exit(status)


def _shown(lines: Iterable[Any], *, quiet: bool) -> Iterable[Any]:
    """Each is printed as soon as it is known: some take seconds."""
    for line in lines:
        if not quiet:
            _print(line)
        yield line


def _print(line: Any) -> None:
    state = click.style(f"{line.state:<{_STATE_WIDTH}}", fg=_COLOURS[line.state])
    click.echo(f"{state}  {line.name:<{_NAME_WIDTH}}  {line.what}")
    if line.advice:
        click.echo(f"{'':<{_STATE_WIDTH + _NAME_WIDTH + 4}}→ {line.advice}")
