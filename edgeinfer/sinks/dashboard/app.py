"""The routes as an ASGI application. The only file that imports starlette.

In this order a request is looked at: the host that it names, the session, where it comes from, the
size and the form of what it brings. Only then does a handler see it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import aclosing, suppress
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.routing import Route as StarletteRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from edgeinfer.sinks.dashboard import incoming
from edgeinfer.sinks.dashboard.access import LOG_IN, Access, check_origin
from edgeinfer.sinks.dashboard.exchange import Answer, Ask, RefusedError, Route, Visitor
from edgeinfer.sinks.dashboard.options import Bounds
from edgeinfer.sinks.dashboard.streams import Streams

COOKIE = "edgeinfer"
MOST_BODY_BYTES = 262_144
_LAST_WORD_S = 0.2
STATIC = Path(__file__).with_name("static")

_log = logging.getLogger(__name__)


class App:
    """`streams` can be ended from outside. The server adds the headers that every answer has."""

    def __init__(
        self,
        routes: Iterable[Route],
        access: Access,
        streams: Streams,
        bounds: Bounds,
    ) -> None:
        self._access = access
        self._streams = streams
        self._body_s = bounds.body_s
        self._inner = Starlette(
            routes=[
                *(
                    StarletteRoute(route.path, self._endpoint(route), methods=[route.method])
                    for route in routes
                ),
                Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
            ],
            exception_handlers={HTTPException: _http_error, Exception: _bug},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._access.check_host(Request(scope).headers.get("host", ""))
        except RefusedError as error:
            await _response(error.answer())(scope, receive, send)
            return
        await self._inner(scope, receive, send)

    def _endpoint(self, route: Route) -> ASGIApp:
        return _Endpoint(route, self)

    async def answer(self, route: Route, request: Request) -> Answer:
        try:
            ask = await self._ask(route, request)
            return await route.handler(ask)
        except RefusedError as error:
            return error.answer()

    async def _ask(self, route: Route, request: Request) -> Ask:
        """Raises: RefusedError: it may not, or is not well formed."""
        visitor = _visitor(request)
        if route.tries:
            self._access.check_try(visitor, request.headers)
        elif route.changes and not route.opens:
            self._access.check_change(visitor, request.headers)
        elif route.changes:
            check_origin(request.headers)
        elif not route.opens and not self._access.knows(visitor):
            raise RefusedError(401, LOG_IN)
        query = incoming.query(route.query, request.query_params)
        body = incoming.body(route.body, request.headers, await _body(request, route, self._body_s))
        return Ask(visitor, request.path_params, query, body)

    async def stream(self, answer: Answer, receive: Receive, send: Send) -> None:
        try:
            await self._stream(answer, receive, send)
        finally:
            answer.over()

    async def _stream(self, answer: Answer, receive: Receive, send: Send) -> None:
        headers = {"content-type": answer.type, **answer.headers}
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await self._streams.run(_pump(answer, send), _gone(receive))
        with suppress(TimeoutError):  # who does not read does not hear that it is over
            async with asyncio.timeout(_LAST_WORD_S):
                await send({"type": "http.response.body", "body": b""})


class _Endpoint:
    """A class, for what is none gets no stream to write to from starlette."""

    def __init__(self, route: Route, app: App) -> None:
        self._route = route
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._app.answer(self._route, Request(scope, receive))
        except ClientDisconnect:
            return
        if isinstance(answer.body, bytes):
            await _response(answer)(scope, receive, send)
        else:
            await self._app.stream(answer, receive, send)


async def _body(request: Request, route: Route, most_s: float) -> bytes:
    """Raises: RefusedError: too much of it, or too slow."""
    if not route.changes:
        return b""
    data = bytearray()
    try:
        async with asyncio.timeout(most_s):
            async for piece in request.stream():
                data += piece
                if len(data) > MOST_BODY_BYTES:
                    raise RefusedError(413, f"body: over {MOST_BODY_BYTES} bytes")
    except TimeoutError:
        raise RefusedError(408, f"body: not whole after {most_s:g} s") from None
    return bytes(data)


def _visitor(request: Request) -> Visitor:
    last = request.headers.get("last-event-id", "")
    return Visitor(
        request.client.host if request.client else "",
        request.url.scheme == "https",
        request.cookies.get(COOKIE, ""),
        int(last) if last.isascii() and last.isdigit() and len(last) < 16 else None,
    )


async def _pump(answer: Answer, send: Send) -> None:
    """Piece by piece; `send` waits while the client does not read, and nothing is kept for it."""
    assert not isinstance(answer.body, bytes)  # noqa: S101 - for the type checker
    async with aclosing(answer.body) as pieces:  # type: ignore[type-var] # all are generators
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _response(answer: Answer) -> Response:
    headers = {"Cache-Control": "no-store", **answer.headers}
    body = answer.body if isinstance(answer.body, bytes) else b""
    return Response(body, answer.status, headers, answer.type or None)


def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    words = f"{HTTPStatus(status).phrase.lower()}; docs/http.md says what can be asked"
    return _response(RefusedError(status, words, headers=headers).answer())


def _bug(_: Request, error: Exception) -> Response:
    """Starlette raises it again afterwards, and uvicorn logs it with its traceback."""
    with suppress(Exception):
        _log.error("dashboard: %s: %s", type(error).__name__, error)
    return _response(RefusedError(500, "the dashboard failed; its log says why").answer())
