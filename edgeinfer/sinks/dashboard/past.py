"""What is asked of the past: events, their pictures, how many there were, and all in one file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le

from edgeinfer.sinks.dashboard import export
from edgeinfer.sinks.dashboard.events import Events, Row, Wanted
from edgeinfer.sinks.dashboard.exchange import Answer, Ask, RefusedError, Route, said
from edgeinfer.sinks.dashboard.work import Work
from edgeinfer.wire import timestamp

_SPANS_S = {"hour": 3600, "day": 86_400}
_BARS_S = {"hour": 2 * 86_400, "day": 60 * 86_400}
"""How far back: two days by the hour, two months by the day."""

_MISSED = 200  # for a page that was asleep; more than those it asks for by the list

_Number = Annotated[int, Ge(0), Le(2**53)]


@dataclass(frozen=True, slots=True)
class EventsQuery:
    """The newest first; `before` is the `next` of the answer before."""

    rule: str = ""
    label: str = ""
    kind: str = ""
    before: _Number | None = None
    limit: Annotated[int, Ge(1), Le(500)] = 50


@dataclass(frozen=True, slots=True)
class ExportQuery:
    rule: str = ""
    label: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class CountsQuery:
    by: Literal["hour", "day"] = "hour"
    rule: str = ""
    label: str = ""


class Past:
    """`folder` holds the pictures; None: there are none."""

    def __init__(self, events: Events, folder: Path | None, work: Work) -> None:
        self._events = events
        self._folder = folder
        self._work = work

    def routes(self) -> list[Route]:
        events = "/api/v1/events"
        return [
            Route("GET", events, "Events", self._list, {200: "Events"}, query=EventsQuery),
            Route(
                "GET",
                f"{events}/{{id}}/picture.jpg",
                "The picture of an event",
                self._picture,
                {200: "image/jpeg"},
            ),
            Route(
                "GET",
                f"{events}.csv",
                "All events as a table",
                self._csv,
                {200: "text/csv"},
                query=ExportQuery,
            ),
            Route(
                "GET",
                f"{events}.json",
                "All events as JSON",
                self._json,
                {200: "application/json"},
                query=ExportQuery,
            ),
            Route(
                "GET",
                "/api/v1/counts",
                "How many events there were",
                self._counts,
                {200: "Counts"},
                query=CountsQuery,
            ),
        ]

    def shown(self, row: Row) -> dict[str, Any]:
        has_picture = bool(row.picture and self._folder and (self._folder / row.picture).exists())
        picture = f"/api/v1/events/{row.id}/picture.jpg" if has_picture else None
        more = {"number": row.number, "label": row.label, "words": row.words, "picture": picture}
        return {**row.document, **more}

    def _found(self, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
        return [self.shown(row) for row in self._events.find(wanted, limit)]

    async def missed(self, number: int | None) -> list[tuple[int, Mapping[str, Any]]]:
        """Those after that number, the oldest first."""
        if number is None:
            return []
        wanted = Wanted(after=number)
        shown = await self._work.do(lambda: self._found(wanted, _MISSED))
        return [(event["number"], event) for event in shown]

    async def _list(self, ask: Ask) -> Answer:
        query = ask.query
        wanted = Wanted(query.rule, query.label, query.kind, query.before)
        shown = await self._work.do(lambda: self._found(wanted, query.limit))
        following = shown[-1]["number"] if len(shown) == query.limit else None
        return said({"events": shown, "next": following})

    async def _picture(self, ask: Ask) -> Answer:
        row = await self._work.do(lambda: self._events.one(ask.path["id"]))
        data = await self._work.do(lambda: self._read(row))
        if data is None:
            raise RefusedError(404, "picture: none of that event, or no more; see most_bytes")
        # It is that event's for good.
        return Answer(data, type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})

    def _read(self, row: Row | None) -> bytes | None:
        if row is None or row.picture is None or self._folder is None:
            return None
        try:
            return (self._folder / row.picture).read_bytes()
        except OSError:
            return None

    async def _counts(self, ask: Ask) -> Answer:
        seconds = _SPANS_S[ask.query.by]
        since_s = int(time()) - _BARS_S[ask.query.by]
        # Days are those of the clock on the wall of the place, as it is set today.
        offset = datetime.now().astimezone().utcoffset()
        offset_s = round(offset.total_seconds()) if offset else 0
        wanted = Wanted(ask.query.rule, ask.query.label)
        found = await self._work.do(lambda: self._events.counts(seconds, since_s, wanted, offset_s))
        bars = [
            {
                "begin": timestamp(each.begin_s * 10**9),
                "rule": each.rule,
                "label": each.label,
                "count": each.count,
            }
            for each in found
        ]
        return said({"bars": bars})

    async def _csv(self, ask: Ask) -> Answer:
        return self._export(ask, export.CSV)

    async def _json(self, ask: Ask) -> Answer:
        return self._export(ask, export.JSON)

    def _export(self, ask: Ask, form: export.Form) -> Answer:
        wanted = Wanted(ask.query.rule, ask.query.label, ask.query.kind)

        async def pieces() -> AsyncIterator[bytes]:
            texts = form.texts(self._events.pieces(wanted))
            while (text := await self._work.do(lambda: next(texts, None))) is not None:
                yield text

        name = f'attachment; filename="events.{form.ending}"'
        headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
        return Answer(pieces(), type=form.media, headers=headers)
