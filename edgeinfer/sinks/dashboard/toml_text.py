"""A configuration's text with other rules in it. The only file that imports tomlkit.

A person has written that file: what is not changed keeps its comments and its form.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from edgeinfer.core.geometry import WHOLE, Region
from edgeinfer.errors import ConfigError
from edgeinfer.sinks.dashboard.toml_sections import Piece, cut, joined

Table = Mapping[str, Any]


def edited(text: str, region: Region | None, rules: Sequence[Table] | None) -> str:
    """None: as it is. Raises: ConfigError: it is not TOML, or cannot be edited by a program."""
    try:
        before = tomllib.loads(text)
        after = text if region is None else _with_region(text, region)
        wanted = None if rules is None else [_said(rule) for rule in rules]
        if wanted is not None and wanted != before.get("rule", []):
            after = _with_rules(after, wanted)
        if tomllib.loads(after) != _expected(before, region, wanted):
            raise ConfigError("the file is written in a form that only a person can edit")
    except (TOMLKitError, ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"the file cannot be edited: {error}") from error
    return after


def _expected(
    before: dict[str, Any], region: Region | None, rules: Sequence[Table] | None
) -> dict[str, Any]:
    after = dict(before)
    if region is not None:
        source = {key: value for key, value in before.get("source", {}).items() if key != "region"}
        after["source"] = source if region == WHOLE else {**source, "region": list(region)}
    if rules is not None:
        after.pop("rule", None)
        if rules:
            after["rule"] = list(rules)
    return after


def _said(rule: Table) -> dict[str, Any]:
    """Without what TOML cannot say: a setting that is nothing is one that is not set."""
    return {key: value for key, value in rule.items() if value is not None}


def _with_region(text: str, region: Region) -> str:
    document = tomlkit.parse(text)
    if "source" not in document:
        document["source"] = tomlkit.table()
    source = cast("dict[str, Any]", document["source"])
    if region == WHOLE:
        source.pop("region", None)
    elif list(source.get("region", WHOLE)) != list(region):
        source["region"] = list(region)
    return document.as_string()


def _with_rules(text: str, rules: Sequence[Table]) -> str:
    """All of them stand where the first one stood, or at the end."""
    before = cut(_without_list_in_line(text))
    place = next((at for at, piece in enumerate(before) if piece.key == "rule"), len(before))
    old = [(_only_rule(piece.text), piece) for piece in before if piece.key == "rule"]
    others = [piece for piece in before[place:] if piece.key != "rule"]
    return joined([*before[:place], *_pieces(old, rules), *others], before)


def _without_list_in_line(text: str) -> str:
    """`rule = [{…}]` has no room for more, nor for comments."""
    document = tomlkit.parse(text)
    if isinstance(document.get("rule"), tomlkit.items.Array):
        del document["rule"]
    return document.as_string()


def _pieces(old: Sequence[tuple[Table, Piece]], rules: Sequence[Table]) -> list[Piece]:
    """Each as it was, where nothing has changed; what has another name is known by its place."""
    by_name = {_name(rule): (rule, piece) for rule, piece in old}
    wanted = {_name(rule) for rule in rules}
    pieces = []
    for place, rule in enumerate(rules):
        found = by_name.get(_name(rule))
        if found is None and place < len(old) and _name(old[place][0]) not in wanted:
            found = old[place]
        pieces.append(_piece(rule, *(found or ({}, None))))
    return pieces


def _piece(rule: Table, was: Table, piece: Piece | None) -> Piece:
    if piece is None:
        return Piece("rule", tomlkit.dumps({"rule": [rule]}))
    return piece if rule == was else replace(piece, text=_changed(piece.text, rule))


def _only_rule(text: str) -> dict[str, Any]:
    (rule,) = tomllib.loads(text)["rule"]
    return dict(rule)


def _name(rule: Table) -> str:
    """As `config` has it: the type, where none is given."""
    return str(rule.get("name", rule.get("type")))


def _changed(text: str, rule: Table) -> str:
    """The old table with the new values, so that its comments stay."""
    document = tomlkit.parse(text)
    (table,) = cast("list[Any]", document["rule"])
    for key in [key for key in table if key not in rule]:
        del table[key]
    for key, value in rule.items():
        if key not in table or table[key] != value:
            table[key] = value
    return document.as_string()
