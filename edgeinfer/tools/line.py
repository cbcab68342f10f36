"""Line: one answer of `edgeinfer check`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeinfer.errors import ConfigError, EdgeinferError

State = Literal["ok", "warn", "fail"]
CONFIGURATION = "configuration"
"""The name of the lines whose failure means that the words are wrong."""


@dataclass(frozen=True, slots=True)
class Line:
    """`advice` says what to do, and stands wherever `state` is not ok."""

    name: str
    state: State
    what: str
    advice: str = ""


def ok(name: str, what: str) -> Line:
    return Line(name, "ok", what)


def warn(name: str, what: str, advice: str) -> Line:
    return Line(name, "warn", what, advice)


def fail(name: str, what: str, advice: str) -> Line:
    return Line(name, "fail", what, advice)


def failed(name: str, error: EdgeinferError, advice: str) -> list[Line]:
    """A line for each problem of an error, `where: what; hint`; `advice` where it has no hint."""
    where = CONFIGURATION if isinstance(error, ConfigError) else name
    return [_failed(where, problem, advice) for problem in str(error).splitlines()]


def _failed(name: str, problem: str, advice: str) -> Line:
    what, semicolon, hint = problem.rpartition("; ")
    return fail(name, what, hint) if semicolon else fail(name, problem, advice)
