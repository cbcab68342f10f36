"""The arguments of `run`, laid over the tables of its configuration."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from edgeinfer.errors import ConfigError

_STDOUT = {"type": "jsonl", "path": "-"}
_DASHBOARD = "dashboard"
_MODEL_KEYS = ("labels", "min_score", "threads", "delegate")
_WHICH_MODEL = ("name", "path", "labels", "ladder")


def read(file: Path | None, given: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    """The tables of the file, if there is one, with the arguments laid over them.

    Raises: ConfigError: it cannot be read, or two things want standard output.
    """
    from edgeinfer import config

    table = laid(config.read(file) if file else {}, given, default_sink=not as_json)
    if as_json and isinstance(table["sink"], list) and _STDOUT in table["sink"]:
        raise ConfigError("--json: the report and jsonl:- both want standard output; choose one")
    return table


def laid(table: dict[str, Any], given: dict[str, Any], *, default_sink: bool) -> dict[str, Any]:
    """`default_sink`: without any sink there is one for standard output."""
    from edgeinfer import shorthand

    if given["source"]:
        table["source"] = shorthand.source_table(given["source"])
    if given["model"]:
        _lay(table, "model", shorthand.model_table(given["model"]), without=_WHICH_MODEL)
    chosen = {key: given[key] for key in _MODEL_KEYS if given[key] is not None}
    _lay(table, "model", chosen)
    if given["max_fps"] is not None:
        _lay(table, "limits", {"max_fps": given["max_fps"]})
    if given["device"]:
        _lay(table, "device", {"name": given["device"]})
    if given["sinks"]:
        table["sink"] = [shorthand.sink_table(text) for text in given["sinks"]]
    return table | {"sink": _sinks(table, given, default_sink=default_sink)}


def _sinks(table: dict[str, Any], given: dict[str, Any], *, default_sink: bool) -> Any:
    if default_sink and sys.stdout.isatty():
        sinks = _with_words(table)
    else:
        sinks = table.get("sink", [_STDOUT] if default_sink else [])
    return _with_dashboard(sinks) if given["dashboard"] else sinks


def _with_words(table: dict[str, Any]) -> Any:
    """A person looks on: events in words; what is in the picture, where no rule makes events."""
    sinks = table.get("sink", [])
    taken = any(isinstance(sink, dict) and sink.get("path") == "-" for sink in sinks)
    if not isinstance(sinks, list) or taken:
        return sinks
    return [*sinks, {"type": "words", "results": not table.get("rule")}]


def _with_dashboard(sinks: Any) -> Any:
    """One at its usual place, unless the file has one of its own."""
    if not isinstance(sinks, list) or any(_is_dashboard(sink) for sink in sinks):
        return sinks
    return [*sinks, {"type": _DASHBOARD}]


def _is_dashboard(sink: object) -> bool:
    return isinstance(sink, dict) and sink.get("type") == _DASHBOARD


def _lay(
    table: dict[str, Any], section: str, keys: dict[str, Any], without: tuple[str, ...] = ()
) -> None:
    """Lay keys over a section; one that is no table stays as it is, for `config` to report."""
    own = table.get(section, {})
    if keys and isinstance(own, dict):
        table[section] = {k: v for k, v in own.items() if k not in without} | keys
