"""What comes from outside, checked by the same hand as the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, NoReturn, get_args, get_type_hints

from edgeinfer import config
from edgeinfer.sinks.dashboard.exchange import JSON, RefusedError


def query(kind: type[Any] | None, given: Mapping[str, str]) -> Any:
    """Raises: RefusedError: with every problem."""
    if kind is None:
        return None
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind)}
    table = {k: _number(v, hints.get(k)) for k, v in given.items() if k in known}
    return _checked(kind, table, "query")


def body(kind: type[Any] | None, headers: Mapping[str, str], data: bytes) -> Any:
    """Raises: RefusedError: it is not the JSON that the route takes."""
    if kind is None:
        return None
    if headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise RefusedError(415, f"body: should be {JSON}, and say so in Content-Type")
    try:
        table = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"body: not JSON: {str(error)[:200]}") from None
    if not isinstance(table, dict):
        raise RefusedError(422, "body: should be an object")
    return _checked(kind, table, "body")


def _checked(kind: type[Any], table: Mapping[str, Any], where: str) -> Any:
    problems: list[str] = []
    try:
        value = config.check(kind, table, where, problems)
    except (ValueError, RecursionError) as error:  # an integer of thousands of digits, or too deep
        raise RefusedError(422, f"{where}: {str(error)[:200]}") from None
    if value is None or problems:
        refuse(problems)
    return value


def refuse(problems: Iterable[str]) -> NoReturn:
    """Raises: RefusedError: 422, with every problem."""
    told = tuple(problem[:500] for problem in problems)[:50]
    raise RefusedError(422, told[0] if told else "refused", problems=told)


def _number(text: str, hint: object) -> object:
    """A number where one is wanted, if it is one; else the text, for the check to name."""
    wanted = {hint, *get_args(hint)}
    try:
        if int in wanted and text.isascii():
            return int(text)
        if float in wanted and text.isascii():
            return float(text)
    except ValueError:
        return text
    return text


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
