"""`edgeinfer models`: the menu, and the weights of it that this machine has."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeinfer.cli.progress import OnFetch, fetching
from edgeinfer.errors import DownloadError, ModelError

if TYPE_CHECKING:  # the menu loads pydantic: not for --help
    from edgeinfer.model.card import Card

Report = dict[str, Any]

_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@click.group("models")
def command() -> None:
    """The menu of models: list, pull, verify, path.

    Weights are fetched once and held to their sha256. EDGEINFER_MODELS names a folder to look in
    first; pulled ones lie in the user's data folder, or in the service's state folder.
    """


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that only tests need, too.")
@_as_json
def show(everything: bool, as_json: bool) -> None:
    """The models: what each does, its published accuracy, whether it is here."""
    from edgeinfer.model import menu

    chosen = menu.cards() if everything else _useful()
    if as_json:
        _print_json([_describe(card) for card in chosen])
    else:
        _print_table(chosen)


@command.command()
@click.argument("names", nargs=-1, metavar="NAME…")
@click.option("--all", "everything", is_flag=True, help="Every model of the menu.")
@_as_json
def pull(names: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Download weights; what is here and right is left alone."""
    if bool(names) == everything:
        raise click.UsageError("name the models to pull, or say --all")
    chosen = _useful() if everything else _named(names)
    with fetching() as on_fetch:
        reports = [_pull(card, on_fetch) for card in chosen]
    _report(reports, as_json)
    if any(report["path"] is None for report in reports):
        sys.exit(1)


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME…]")
@_as_json
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Hold the weights on this machine to the sha256 of their cards.

    Exit status 1: one is wrong, or one that was named is missing.
    """
    reports = [_verify(card) for card in (_named(names) if names else _useful())]
    _report(reports, as_json)
    bad = ("wrong", "missing") if names else ("wrong",)
    if any(report["state"] in bad for report in reports):
        sys.exit(1)


@command.command()
@click.argument("name")
@_as_json
def path(name: str, as_json: bool) -> None:
    """Where a model's weights lie."""
    from edgeinfer.model import menu, weights

    card = menu.find(name)
    found = weights.locate(card)
    if as_json:
        _print_json({"name": card.name, "path": _text(found)})
    elif found is not None:
        print(found)
    if found is None:
        raise ModelError(f"{card.name}: not here; pull it: edgeinfer models pull {card.name}")


def _useful() -> tuple[Card, ...]:
    from edgeinfer.model import menu

    return tuple(card for card in menu.cards() if card.task != "test")


def _named(names: Iterable[str]) -> tuple[Card, ...]:
    """Each once, however often and by whatever name it was asked for."""
    from edgeinfer.model import menu

    found = {card.name: card for card in map(menu.find, names)}
    return tuple(found.values())


def _pull(card: Card, on_fetch: OnFetch) -> Report:
    from edgeinfer.model import weights

    found = weights.locate(card)
    if found is not None and _is_right(found, card):
        return {"name": card.name, "state": "here already", "path": str(found)}
    # A wrong file is replaced where it lies: elsewhere it would go on being found first.
    folder = None if found is None else found.parent
    try:
        pulled = weights.fetch(card, partial(on_fetch, card.name), folder)
    except (DownloadError, ModelError) as error:
        return {"name": card.name, "state": "failed", "path": None, "error": str(error)}
    return {"name": card.name, "state": "pulled", "path": str(pulled)}


def _verify(card: Card) -> Report:
    from edgeinfer.model import weights

    found = weights.locate(card)
    if found is None:
        return {"name": card.name, "state": "missing", "path": None}
    try:
        weights.verify(found, card)
    except ModelError as error:
        return {"name": card.name, "state": "wrong", "path": str(found), "error": str(error)}
    return {"name": card.name, "state": "ok", "path": str(found)}


def _is_right(found: Path, card: Card) -> bool:
    from edgeinfer.model import weights

    try:
        weights.verify(found, card)
    except ModelError:
        return False
    return True


def _report(reports: list[Report], as_json: bool) -> None:
    if as_json:
        _print_json(reports)
        return
    width = max(len(report["name"]) for report in reports)
    for report in reports:
        print(f"{report['name']:<{width}}  {report['state']}  {report['path'] or ''}".rstrip())
        for line in report.get("error", "").splitlines():
            print(f"edgeinfer: {line}", file=sys.stderr)


def _describe(card: Card) -> Report:
    from edgeinfer.model import weights

    accuracy = card.accuracy
    return {
        "name": card.name,
        "summary": card.summary,
        "task": card.task,
        "licence": card.licence,
        "bytes": card.weights and card.weights.bytes,
        "sha256": card.weights and card.weights.sha256,
        "url": (card.weights and card.weights.url) or None,
        "accuracy": accuracy
        and {"metric": accuracy.metric, "value": accuracy.value, "source": accuracy.source},
        "delegate": card.delegate,
        "cpu_model": card.cpu_model,
        "path": _text(weights.locate(card)),
    }


def _print_table(chosen: Iterable[Card]) -> None:
    from rich.console import Console
    from rich.table import Table

    # So narrow that it fits 80 columns, which is what a pipe has.
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    table.add_column("name", no_wrap=True)
    for heading in ("task", "size", "accuracy", "needs", "here"):
        table.add_column(heading, justify="right" if heading == "size" else "left")
    for card in chosen:
        table.add_row(*_row(card))
    Console().print(table)


def _row(card: Card) -> tuple[str, ...]:
    from edgeinfer.model import weights

    size = "" if card.weights is None else f"{card.weights.bytes / 1e6:.1f} MB"
    accuracy = "" if card.accuracy is None else f"{card.accuracy.value:g} % {card.accuracy.metric}"
    needs = "Edge TPU" if "edgetpu" in (card.delegate or "") else card.delegate or ""
    here = "yes" if weights.locate(card) else "no"
    return card.name, card.task, size, accuracy, needs, here


def _text(found: Path | None) -> str | None:
    return None if found is None else str(found)


def _print_json(document: object) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))
