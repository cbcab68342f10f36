"""`edgeinfer demo`: camera, model, tracker, events, MQTT, with no camera and no network."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from edgeinfer.cli.report import say
from edgeinfer.cli.scenery import weather_and_light
from edgeinfer.errors import PluginError

_NO_BROKER = "no MQTT broker answers on this machine"
_ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)


@click.command("demo")
@click.option(
    "--scene", type=click.Choice(["railway", "parking"]), default="railway", show_default=True
)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 86400),
    default=40.0,
    show_default=True,
    metavar="N",
    help="Then it ends; so does Ctrl-C.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="Another place. [a lively one]"
)
@weather_and_light
@click.option(
    "--broker",
    metavar="URI",
    help="As in mqtt://broker.lan:1883. [the one on this machine, else an embedded one]",
)
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Keep a picture of each event.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report of the run as JSON.")
def command(
    *, seconds: float, broker: str | None, pictures: Path | None, as_json: bool, **drawn: Any
) -> None:
    """A drawn railway or parking, the detector that comes along, and what it tells.

    A line in words for each event; results, events and pictures go to an MQTT broker. Nothing is
    fetched.
    """
    from edgeinfer import assembly
    from edgeinfer.tools import demo

    logging.basicConfig(level=logging.WARNING, format="edgeinfer: %(message)s", stream=sys.stderr)
    table = demo.configuration(**drawn)
    table["sink"] = [] if as_json else [{"type": "words"}]
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        table["sink"].append({"type": "snapshots", "path": str(pictures)})
    with _broker(broker) as (uri, about_it):
        if uri:
            table["sink"].append(demo.mqtt(uri))
        parts = assembly.build(assembly.configure(table))
        for line in about_it:
            _tell(line)
        _tell(f"{seconds:g} s of a drawn {drawn['scene']}, at a camera's pace; Ctrl-C ends it")
        report = _serve(parts, seconds)
    say(report, as_json=as_json)


@contextmanager
def _broker(given: str | None) -> Iterator[tuple[str | None, list[str]]]:
    """The address of the one to use, None if there is none, and what to say of it.

    An embedded one ends with the demo.
    """
    from edgeinfer.tools import demo
    from edgeinfer.tools.embedded_broker import EmbeddedBroker

    if uri := given or demo.broker_here():
        yield uri, [_listener(uri)]
        return
    try:
        embedded = EmbeddedBroker()
    except PluginError as error:
        yield None, [f"{_NO_BROKER}, so there is none: {error}"]
        return
    with embedded:
        note = f"{_NO_BROKER}: an embedded one does (a house wants Mosquitto)"
        yield embedded.uri, [note, _listener(embedded.uri)]


def _serve(parts: Any, seconds: float) -> Any:
    from edgeinfer.runtime.service import Service

    service = Service(parts.source, parts.pipeline, parts.sinks, rules=parts.rules)
    before = {number: signal.signal(number, lambda *_: service.stop()) for number in _ENDINGS}
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return service.run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _listener(uri: str) -> str:
    return f"to listen in another window: mosquitto_sub -L '{uri}/edgeinfer/demo/event/#' -v"


def _tell(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)
