"""What is asked, and what is answered: the values between the web's library and what we do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Visitor:
    """`token` is that of the session, if the cookie names one; `resume` the last event seen."""

    address: str
    secure: bool
    token: str = ""
    resume: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """`query` and `body` are values of the dataclasses that the route names."""

    visitor: Visitor
    path: Mapping[str, str] = field(default_factory=dict)
    query: Any = None
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Its body is there whole, or comes piece by piece for as long as somebody reads.

    `over` is called when nobody reads it any more, even if it never began.
    """

    body: bytes | AsyncIterator[bytes] = b""
    status: int = 200
    type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    over: Callable[[], None] = lambda: None


class RefusedError(Exception):
    """An answer that says why not; `where: what; hint`, as everywhere."""

    def __init__(
        self,
        status: int,
        why: str,
        *,
        problems: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(why)
        self.status = status
        self.problems = problems
        self.headers = headers or {}

    def answer(self) -> Answer:
        more = {"problems": list(self.problems)} if self.problems else {}
        return said({"error": str(self), **more}, self.status, self.headers)


def said(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, default=str)
    return Answer(text.encode(errors="replace"), status, headers=headers or {})


NOTHING = Answer(status=204, type="")

Handler = Callable[[Ask], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked.

    `query` and `body` are dataclasses that `config` checks. `opens` without a log-in. `answers` are
    the statuses that are no error, with what comes. What is no GET changes something, but for what
    `tries`: that is for everybody who may look.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    answers: Mapping[int, str]
    query: type[Any] | None = None
    body: type[Any] | None = None
    opens: bool = False
    tries: bool = False

    @property
    def changes(self) -> bool:
        return self.method != "GET"
