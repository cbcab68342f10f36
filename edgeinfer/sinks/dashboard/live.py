"""What is asked of the moment: the picture, what is new, how the device is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from edgeinfer.core.results import Result
from edgeinfer.errors import EdgeinferError
from edgeinfer.sinks.dashboard import status
from edgeinfer.sinks.dashboard.board import Board
from edgeinfer.sinks.dashboard.exchange import Answer, Ask, RefusedError, Route, said
from edgeinfer.sinks.dashboard.history import History
from edgeinfer.sinks.dashboard.pace import Pace
from edgeinfer.sinks.dashboard.pictures import STREAM_TYPE, Pictures
from edgeinfer.sinks.dashboard.told import Told
from edgeinfer.sinks.dashboard.updates import TYPE, Missed, Updates
from edgeinfer.sinks.dashboard.work import Work
from edgeinfer.wire import to_dict

_LOOK_S = 5.0
"""Between two looks at health, for the pages and for the charts."""

_Width = Annotated[int, Ge(16), Le(4096)]


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """No wider than `width` in pixels, or than the sink's own `width`."""

    width: _Width = 1280


@dataclass(frozen=True, slots=True)
class StreamQuery:
    """`fps`: at most so many pictures a second, and at most the sink's own `fps`."""

    width: _Width = 1280
    fps: Annotated[float, Ge(0.1), Le(60)] = 60.0


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    span: Literal["hour", "day"] = "hour"


class Live:
    """`missed` gives the events after a number."""

    def __init__(  # noqa: PLR0913 - each is one part of the dashboard, by name
        self,
        board: Board,
        told: Told,
        pace: Pace,
        *,
        pictures: Pictures,
        updates: Updates,
        missed: Callable[[int | None], Awaitable[list[tuple[int, Mapping[str, Any]]]]],
        history: History,
        work: Work,
    ) -> None:
        self._told = told
        self._pace = pace
        self._missed = missed
        self._board = board
        self._pictures = pictures
        self._updates = updates
        self._history = history
        self._work = work
        self._model: Mapping[str, Any] = {}

    def routes(self) -> list[Route]:
        api = "/api/v1"
        return [
            Route(
                "GET",
                "/healthz",
                "Whether results come",
                self._healthz,
                {200: "Alive", 503: "Alive"},
                opens=True,
            ),
            Route(
                "GET", f"{api}/status", "What the device does now", self._status, {200: "Status"}
            ),
            Route(
                "GET",
                f"{api}/stream.mjpg",
                "The live picture, for as long as somebody reads",
                self._stream,
                {200: STREAM_TYPE.partition(";")[0]},
                query=StreamQuery,
            ),
            Route(
                "GET",
                f"{api}/frame.jpg",
                "The newest picture",
                self._frame,
                {200: "image/jpeg"},
                query=PictureQuery,
            ),
            Route("GET", f"{api}/updates", "What is new, as it comes", self._feed, {200: TYPE}),
            Route(
                "GET",
                f"{api}/history",
                "How the device was, in columns",
                self._columns,
                {200: "History"},
                query=HistoryQuery,
            ),
            Route("GET", f"{api}/model", "What the model is and costs", self._card, {200: "Model"}),
        ]

    async def keep_looking(self) -> None:
        """How the device is, every few seconds, for as long as the server runs."""
        while True:
            facts = await self._work.do(self._board.look)
            if facts:
                self._history.add(facts)
                self._updates.tell("health", facts)
                await self._work.do(self._history.save_when_due)
            await asyncio.sleep(_LOOK_S)

    def show(self, result: Result) -> None:
        """By the sink's thread: both the picture and what was found in it, or neither."""
        if not self._pace.take():
            return
        self._pictures.put(result.frame)
        size = [result.frame.width_px, result.frame.height_px]
        self._updates.tell_result(lambda: {**to_dict(result), "picture_px": size})

    async def _healthz(self, ask: Ask) -> Answer:
        code, document = status.healthz(self._board)
        return said(document, code)

    async def _status(self, ask: Ask) -> Answer:
        return said(status.status(self._board, self._told.setup, self._told.device))

    async def _stream(self, ask: Ask) -> Answer:
        self._pictures.enter()
        pieces = self._pictures.stream(ask.query.width, ask.query.fps)
        headers = {"Cache-Control": "no-store"}
        return Answer(pieces, type=STREAM_TYPE, headers=headers, over=self._pictures.leave)

    async def _frame(self, ask: Ask) -> Answer:
        jpeg = await self._pictures.one(ask.query.width)
        return Answer(jpeg.data, type="image/jpeg", headers={"X-Seq": str(jpeg.seq)})

    async def _feed(self, ask: Ask) -> Answer:
        missed: Missed = lambda: self._missed(ask.visitor.resume)  # noqa: E731 - asked for once it listens
        listener = self._updates.enter()
        pieces = self._updates.feed(listener, missed)
        # X-Accel-Buffering: nginx would hold the updates back until it has 4 kB of them.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        over = partial(self._updates.leave, listener)
        return Answer(pieces, type=TYPE, headers=headers, over=over)

    async def _columns(self, ask: Ask) -> Answer:
        return said(self._history.columns(ask.query.span))

    async def _card(self, ask: Ask) -> Answer:
        setup = self._told.needed_setup
        if not self._model:
            try:
                self._model = await self._work.do(setup.describe_model)
            except EdgeinferError as error:
                raise RefusedError(409, str(error)) from error
        latency = self._board.health.get("latency_ms") or {}
        here = {"p50_ms": latency.get("p50"), "p95_ms": latency.get("p95")}
        return said({**self._model, "labels": len(setup.labels), "here": here})
