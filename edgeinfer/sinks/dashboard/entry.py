"""Coming in and going out: the pages, log-in, log-out, and what a visitor may do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from edgeinfer.sinks.dashboard import password
from edgeinfer.sinks.dashboard.access import Access
from edgeinfer.sinks.dashboard.attempts import Attempts
from edgeinfer.sinks.dashboard.exchange import (
    NOTHING,
    Answer,
    Ask,
    RefusedError,
    Route,
    Visitor,
    said,
)
from edgeinfer.sinks.dashboard.sessions import LIFE_S
from edgeinfer.sinks.dashboard.work import Work


@dataclass(frozen=True, slots=True)
class LogIn:
    password: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty object."""


class Entry:
    """`line` is the password's hash; "": there is no password, and nobody may change anything."""

    def __init__(self, access: Access, line: str, pages: Path, cookie: str, work: Work) -> None:
        self._access = access
        self._line = line
        self._pages = pages
        self._cookie = cookie
        self._work = work
        self._attempts = Attempts()
        self._turn = asyncio.Lock()

    def routes(self) -> list[Route]:
        api = "/api/v1"
        html, done = {200: "text/html"}, {204: "done"}
        return [
            Route("GET", "/", "The dashboard's page", self._index, html, opens=True),
            Route("GET", "/login", "The page to log in", self._login_page, html, opens=True),
            Route(
                "GET",
                f"{api}/session",
                "What this visitor may do",
                self._session,
                {200: "Session"},
                opens=True,
            ),
            Route("POST", f"{api}/login", "Log in", self._log_in, done, body=LogIn, opens=True),
            Route("POST", f"{api}/logout", "Log out", self._log_out, done, body=Nothing),
        ]

    async def _index(self, ask: Ask) -> Answer:
        if not self._access.knows(ask.visitor):
            return Answer(status=303, type="", headers={"Location": "/login"})
        return await self._page("index.html")

    async def _login_page(self, ask: Ask) -> Answer:
        return await self._page("login.html")

    async def _page(self, name: str) -> Answer:
        data = await self._work.do((self._pages / name).read_bytes)
        return Answer(data, type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})

    async def _session(self, ask: Ask) -> Answer:
        why_not = self._access.why_not_change(ask.visitor)
        needs = self._access.sessions is not None
        return said(
            {
                "logged_in": needs and self._access.knows(ask.visitor),
                "needs_password": needs,
                "may_change": why_not is None,
                "csrf": self._access.csrf(ask.visitor),
                "why_not": why_not,
            }
        )

    async def _log_in(self, ask: Ask) -> Answer:
        sessions = self._access.sessions
        if sessions is None:
            raise RefusedError(403, "login: no password is set, and none is needed to look")
        async with self._turn:  # one hash at a time: each takes 19 MiB
            await self._check(ask.visitor.address, ask.body.password)
        token = await self._work.do(sessions.begin)
        return Answer(
            status=204, type="", headers={"Set-Cookie": self._set(ask.visitor, token, LIFE_S)}
        )

    async def _check(self, address: str, given: str) -> None:
        """Raises: RefusedError: wrong, or too often wrong to be heard."""
        if wait_s := self._attempts.wait_s(address):
            raise RefusedError(
                429,
                f"login: too many wrong passwords; wait {wait_s} s",
                headers={"Retry-After": str(wait_s)},
            )
        if len(given) > password.LONGEST or not await asyncio.to_thread(
            password.fits, given, self._line
        ):
            self._attempts.failed(address)
            raise RefusedError(401, "login: wrong password")

    async def _log_out(self, ask: Ask) -> Answer:
        if self._access.sessions is not None:
            self._access.sessions.end(ask.visitor.token)
        gone = self._set(ask.visitor, "", 0)
        return Answer(status=204, type="", headers={**NOTHING.headers, "Set-Cookie": gone})

    def _set(self, visitor: Visitor, token: str, life_s: int) -> str:
        secure = "; Secure" if visitor.secure else ""
        return (
            f"{self._cookie}={token}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Strict{secure}"
        )
