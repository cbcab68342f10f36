"""A configuration's text with other rules in it. The only file that imports tomlkit.

A person has written that file: what is not changed keeps its comments and its form.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import TOMLKitError

from edgeinfer.core.geometry import WHOLE, Region
from edgeinfer.errors import ConfigError

Table = Mapping[str, Any]


def edited(text: str, region: Region | None, rules: Sequence[Table] | None) -> str:
    """None: as it is. Raises: ConfigError: it is not TOML, or cannot be edited by a program."""
    try:
        document = tomlkit.parse(text)
        before = tomllib.loads(text)
        if region is not None:
            _set_region(document, region)
        if rules is not None:
            _set_rules(document, [_said(rule) for rule in rules])
        after = document.as_string()
        if tomllib.loads(after) != _expected(before, region, rules):
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
            after["rule"] = [_said(rule) for rule in rules]
    return after


def _said(rule: Table) -> dict[str, Any]:
    """Without what TOML cannot say: a setting that is nothing is one that is not set."""
    return {key: value for key, value in rule.items() if value is not None}


def _set_region(document: tomlkit.TOMLDocument, region: Region) -> None:
    if "source" not in document:
        document["source"] = tomlkit.table()
    source = cast("dict[str, Any]", document["source"])
    if region == WHOLE:
        source.pop("region", None)
    elif list(source.get("region", WHOLE)) != list(region):
        source["region"] = list(region)


def _set_rules(document: tomlkit.TOMLDocument, rules: Sequence[dict[str, Any]]) -> None:
    old = cast("list[Any]", document.get("rule", []))
    if [dict(table) for table in tomllib.loads(document.as_string()).get("rule", [])] == rules:
        return
    by_name = {_name(table): table for table in old}
    tables = [_changed(by_name.get(_name(rule)), rule) for rule in rules]
    if not tables:
        document.pop("rule", None)
        return
    many = tomlkit.aot()
    for table in tables:
        many.append(table)
    document["rule"] = many


def _name(rule: Table) -> str:
    """As `config` has it: the type, where none is given."""
    return str(rule.get("name", rule.get("type")))


def _changed(old: Any, rule: dict[str, Any]) -> Any:
    """The old table with the new values, so that its comments stay."""
    if old is None or not isinstance(old, tomlkit.items.Table):
        table = tomlkit.table()
        table.update(rule)
        return table
    for key in [key for key in old if key not in rule]:
        del old[key]
    for key, value in rule.items():
        if key not in old or old[key] != value:
            old[key] = value
    return old
