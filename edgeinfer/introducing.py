"""What sinks are told before the first message: of the device, its rules, and its configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from edgeinfer import __version__, config, plugins
from edgeinfer.core.about import About, AboutRule
from edgeinfer.core.contracts import Rule, ShowingRule, Sink
from edgeinfer.core.setup import RuleOption, RuleType, Setup, Table
from edgeinfer.errors import ConfigError
from edgeinfer.loading import locate, task_of
from edgeinfer.model import cost
from edgeinfer.sections import Config, Model, Part

_DRAWN = ("polygon", "line")  # a person draws those, and chooses labels; the rest are numbers
_NOT_SHOWN = (*_DRAWN, "labels", "scores", "folder")
_KINDS: dict[object, str] = {bool: "boolean", int: "integer", float: "number"}
_VERSIONS = ("ai-edge-litert", "numpy", "opencv-python-headless")


def introduce(sinks: Sequence[Sink], model: str, rules: Sequence[Rule], setup: Setup) -> None:
    """Call the `introduce` and the `equip` of the sinks that have them."""
    about = About(__version__, model, _about_rules(rules))
    for sink in sinks:
        if hasattr(sink, "introduce"):
            sink.introduce(about)
        if hasattr(sink, "equip"):
            sink.equip(setup)


def setup_of(
    settings: Config, labels: tuple[str, ...], path: Path | None, check: Callable[[Table], Config]
) -> Setup:
    """`check` makes a configuration of a file's tables, as a start would."""
    source = settings.source
    return Setup(
        path=path,
        source=source.type,
        region=getattr(source.options, "region", (0.0, 0.0, 1.0, 1.0)),
        labels=labels,
        rules=tuple(map(_table, settings.rules)),
        rule_types=lambda: tuple(map(rule_type, plugins.names("rule"))),
        check=partial(_check, settings, labels, check),
        make_rules=partial(make_rules, labels),
        describe_model=partial(describe, settings.model),
    )


def make_rules(labels: tuple[str, ...], tables: Sequence[Table], scratch: Path) -> tuple[Rule, ...]:
    """Raises: ConfigError: with every problem of them."""
    problems: list[str] = []
    parts = [
        config.part("rule", table, f"rule {number}", plugins.options_of, problems)
        for number, table in enumerate(tables, start=1)
    ]
    made = [part for part in parts if part is not None]
    if not problems:
        problems += unknown_labels(made, labels)
    if problems:
        raise ConfigError(problems)
    return tuple(rule_of(_elsewhere(part, scratch)) for part in made)


def _elsewhere(part: Part, scratch: Path) -> Part:
    """The same rule, which leaves alone what the one that runs has counted."""
    has_folder = any(field.name == "folder" for field in fields(part.options))
    return replace(part, options=replace(part.options, folder=scratch)) if has_folder else part


def rule_of(part: Part) -> Rule:
    rule: Rule = plugins.find("rule", part.type)(part.name, part.options)
    return rule


def unknown_labels(rules: Sequence[Part], labels: tuple[str, ...]) -> list[str]:
    """A problem for each label that a rule names and the model does not know."""
    return [
        config.unknown(f"rule {number}.{key}: ", word, labels)
        for number, rule in enumerate(rules, start=1)
        for key in ("labels", "scores")
        for word in getattr(rule.options, key, ())
        if labels and word not in labels
    ]


def rule_type(name: str) -> RuleType:
    options = plugins.find("rule", name).Options
    hints = get_type_hints(options)
    needs = next((key for key in _DRAWN if key in hints), None)
    shown = [f for f in fields(options) if f.init and f.name not in _NOT_SHOWN]
    return RuleType(name, needs, tuple(_option(field, hints[field.name]) for field in shown))


def describe(model: Model) -> Mapping[str, Any]:
    """What the first model of the section is and costs; read from its file, which takes a second.

    Raises: EdgeinferError: the file cannot be read.
    """
    card, path = locate(model if model.named else Model(name=model.rungs[0]), lambda *_: None)
    costs = cost.read(path)
    shape = (costs.inputs[0].shape if costs.inputs else None) or ()
    return {
        "name": card.name if card else path.stem,
        "summary": card.summary if card else "",
        "task": task_of(card, path),
        "licence": card.licence if card else "",
        "parameters": costs.parameters,
        "macs": costs.macs,
        "weights_bytes": costs.file_bytes,
        "input_px": [shape[2], shape[1]] if len(shape) == 4 else None,
        "versions": {"edgeinfer": __version__, **_versions()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in _VERSIONS:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # a Pi may have Debian's OpenCV
            continue
    return found


def _check(
    running: Config, labels: tuple[str, ...], check: Callable[[Table], Config], table: Table
) -> None:
    """Raises: EdgeinferError: a start would refuse it; another model's labels are not known yet."""
    wanted = check(table)
    problems = unknown_labels(wanted.rules, labels) if wanted.model == running.model else []
    if problems:
        raise ConfigError(problems)


def _about_rules(rules: Sequence[Rule]) -> tuple[AboutRule, ...]:
    showing = [rule for rule in rules if isinstance(rule, ShowingRule)]
    return tuple(AboutRule(rule.name, rule.shows, rule.kinds) for rule in showing)


def _table(part: Part) -> Table:
    """A rule as its section: what has its default is left out."""
    own = {
        field.name: value
        for field in fields(part.options)
        if (value := getattr(part.options, field.name)) != _default(field)
    }
    return {"type": part.type, "name": part.name, **own}


def _option(field: Field[Any], hint: object) -> RuleOption:
    bare = _bare(hint)
    choices = get_args(bare) if get_origin(bare) is Literal else ()
    kind = "choice" if choices else _KINDS.get(bare, "text")
    return RuleOption(field.name, kind, _default(field), tuple(map(str, choices)))


def _bare(hint: object) -> object:
    """Without "or None"; `get_type_hints` has taken the bounds away."""
    inner = [arg for arg in get_args(hint) if arg is not type(None)]
    return hint if get_origin(hint) is Literal or len(inner) != 1 else inner[0]


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default
