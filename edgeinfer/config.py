"""One TOML file -> frozen sections. The only file that imports pydantic.

Every problem is found in one pass and reported at once, each as `where: what; hint`.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from edgeinfer.errors import ConfigError, PluginError
from edgeinfer.sections import Config, Device, Limits, Model, MotionGate, Part

Table = Mapping[str, Any]
OptionsOf = Callable[[str, str], type[Any]]
"""(kind, type) -> the `Options` of that plug-in; raises PluginError."""
T = TypeVar("T")

_MOST_BYTES = 65_536  # five times the file in which every key stands with its explanation
_MOST_LEVELS = 16  # a polygon in a rule is the deepest that there is, with four
_TOO_DEEP = "tables or lists in one another, deeper than any setting is"
_MOST_SHOWN = 12  # of the words that would have been right
_OWN_RULES = ("model", "camera", "engine", "service", "snapshot")  # the rules of our own events
SECTIONS = ("device", "source", "model", "limits", "motion", "tracker", "rule", "sink")


def read(path: Path) -> dict[str, Any]:
    """The tables of a TOML file, unchecked.

    Raises: ConfigError: no such file, or it is not TOML (with the line), or too much of it.
    """
    data = _bytes(path)
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise ConfigError(f"{path}: {_TOO_DEEP}") from error
    except ValueError as error:  # of TOML, of UTF-8, or of a number with thousands of digits
        raise ConfigError(f"{path}: not TOML: {error}") from error
    if _is_deeper(table, _MOST_LEVELS):
        raise ConfigError(f"{path}: {_TOO_DEEP}")
    return table


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"{path}: over {_MOST_BYTES} bytes; is this the right file?")
    return data


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def build(table: Table, options_of: OptionsOf) -> Config:
    """The checked configuration.

    Raises: ConfigError: with every problem of every section.
    """
    problems = [unknown("", key, SECTIONS) for key in table if key not in SECTIONS]
    sections = {
        "device": check(Device, table.get("device", {}), "device", problems),
        "limits": check(Limits, table.get("limits", {}), "limits", problems),
        "motion": _motion(table, problems),
        "model": _model(table, problems),
        "source": _source(table, options_of, problems),
        "tracker": _maybe("tracker", table, options_of, problems),
        "rules": _parts("rule", table.get("rule", []), options_of, problems),
        "sinks": _parts("sink", table.get("sink", []), options_of, problems),
    }
    problems += _between(sections)
    if problems:
        raise ConfigError(problems)
    return Config(**cast("dict[str, Any]", sections))


def _between(sections: Mapping[str, Any]) -> Iterator[str]:
    """What no section can know alone; one that is wrong by itself is None."""
    model, limits = sections["model"], sections["limits"]
    if model and limits and len(model.rungs) > 1 and limits.min_fps is None:
        yield "limits.min_fps: missing; below it the next model of the ladder is taken"
    taken = dict.fromkeys(_OWN_RULES, "events of our own")
    for number, rule in enumerate(sections["rules"], start=1):
        if rule and rule.name in taken:
            by = taken[rule.name]
            yield f'rule {number}.name: "{rule.name}" is taken, by {by}; take another'
        elif rule:
            taken[rule.name] = f"rule {number}"


def check(kind: type[T], table: Any, where: str, problems: list[str]) -> T | None:
    """A table as a value of the dataclass `kind`; None after adding to `problems`."""
    if not isinstance(table, Mapping):
        problems.append(f"{where}: should be a table, [{where}]")
        return None
    known = [f.name for f in fields(cast("Any", kind)) if f.init]
    strangers = [key for key in table if key not in known]
    problems += [unknown(f"{where}.", key, known) for key in strangers]
    own = {key: value for key, value in table.items() if key not in strangers}
    if not _is_text(own):
        problems.append(f"{where}: a name that is not UTF-8; rename the file")
        return None
    details = _validate(kind, own)
    if isinstance(details, list):
        problems += [_explain(where, detail) for detail in details]
        return None
    return details


def _validate(kind: type[T], own: Table) -> T | list[ErrorDetails]:
    """The value, or what is wrong with it: with each field, and then with all of them together."""
    try:
        # Strict by way of JSON: "10" is no number, yet a list is a tuple and a text is a path.
        return TypeAdapter(kind).validate_json(json.dumps(own, default=str), strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False)
    wrong = {detail["loc"][0] for detail in details if detail["loc"]}
    rest = {key: value for key, value in own.items() if key not in wrong}
    # A dataclass looks at its fields together only when each is right.
    more = _validate(kind, rest) if len(rest) < len(own) else []
    if isinstance(more, list):
        details += [detail for detail in more if not detail["loc"]]
    return details


def _model(table: Table, problems: list[str]) -> Model | None:
    if "model" in table:
        return check(Model, table["model"], "model", problems)
    problems.append(
        "model: missing; give --model, or a [model] section; `edgeinfer models list` shows all, "
        "`edgeinfer models pull coco_ssd_mobilenet_v1` fetches one for everyday things"
    )
    return None


def _motion(table: Table, problems: list[str]) -> MotionGate | None:
    """None where the section is not there: then the model sees every frame."""
    return check(MotionGate, table["motion"], "motion", problems) if "motion" in table else None


def _source(table: Table, options_of: OptionsOf, problems: list[str]) -> Part | None:
    if "source" in table:
        return part("source", table["source"], "source", options_of, problems)
    problems.append("source: missing; give --source, or a [source] section with its type")
    return None


def _maybe(kind: str, table: Table, options_of: OptionsOf, problems: list[str]) -> Part | None:
    return part(kind, table[kind], kind, options_of, problems) if kind in table else None


def _parts(
    kind: str, tables: Any, options_of: OptionsOf, problems: list[str]
) -> tuple[Part | None, ...]:
    if not isinstance(tables, list):
        problems.append(f"{kind}: should be a list of tables, [[{kind}]]")
        return ()
    return tuple(
        part(kind, table, f"{kind} {number}", options_of, problems)
        for number, table in enumerate(tables, start=1)
    )


def part(
    kind: str, table: Any, where: str, options_of: OptionsOf, problems: list[str]
) -> Part | None:
    """A plug-in's section; None after adding to `problems`."""
    if not isinstance(table, Mapping) or not isinstance(table.get("type"), str):
        problems.append(f'{where}.type: missing; as in type = "{_EXAMPLES[kind]}"')
        return None
    own = {key: value for key, value in table.items() if key not in ("type", "name")}
    name = table.get("name", table["type"])
    if not isinstance(name, str):
        problems.append(f"{where}.name: should be a text")
    try:
        wanted = options_of(kind, table["type"])
    except PluginError as error:
        problems.append(f"{where}.type: {error}")
        return None
    options = check(wanted, own, where, problems)
    return None if options is None else Part(table["type"], name, options)


_MAY_HOLD_SECRETS = ("uri", "password_file", "header", "secret_file", "delegate_options")
_EXAMPLES = {"source": "v4l2", "tracker": "iou", "rule": "presence", "sink": "mqtt"}


def schema(kind: type[Any]) -> dict[str, Any]:
    """What `check` takes for that dataclass, as JSON Schema."""
    found: dict[str, Any] = TypeAdapter(kind).json_schema()
    return found


def unknown(prefix: str, key: str, known: Iterable[str]) -> str:
    """A problem line that names the nearest of the words that are known."""
    choices = list(known)
    near = get_close_matches(key, choices, n=1)
    few = ", ".join(choices[:_MOST_SHOWN]) + (", …" if len(choices) > _MOST_SHOWN else "")
    hint = f"did you mean {near[0]}?" if near else f"known: {few or 'nothing'}"
    return f"{prefix}{key}: unknown; {hint}"


def _explain(where: str, detail: ErrorDetails) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in detail["loc"])
    what = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if detail["type"] == "missing":
        return f"{where}{place}: missing"
    if detail["type"] == "value_error":
        return f"{where}{place}: {what}"
    if detail["loc"] and detail["loc"][0] in _MAY_HOLD_SECRETS:
        return f"{where}{place}: {what}"
    return f"{where}{place}: {detail['input']!r} {what}"


def _is_text(table: Table) -> bool:
    """A file name that is not UTF-8 comes from the command line with lone surrogates in it."""
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in "".join(map(str, table.values())))
