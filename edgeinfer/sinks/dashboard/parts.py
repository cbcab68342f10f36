"""The parts of one dashboard, put together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from edgeinfer.sinks.dashboard import openapi
from edgeinfer.sinks.dashboard.access import HEADERS, Access
from edgeinfer.sinks.dashboard.app import COOKIE, STATIC, App
from edgeinfer.sinks.dashboard.board import Board
from edgeinfer.sinks.dashboard.changing import Changing
from edgeinfer.sinks.dashboard.collecting import Collecting
from edgeinfer.sinks.dashboard.collection import Collection
from edgeinfer.sinks.dashboard.entry import Entry
from edgeinfer.sinks.dashboard.events import Events
from edgeinfer.sinks.dashboard.history import History
from edgeinfer.sinks.dashboard.keeping import Keeping
from edgeinfer.sinks.dashboard.live import Live
from edgeinfer.sinks.dashboard.options import Bounds, DashboardOptions
from edgeinfer.sinks.dashboard.pace import Pace
from edgeinfer.sinks.dashboard.past import Past
from edgeinfer.sinks.dashboard.pictures import Pictures
from edgeinfer.sinks.dashboard.server import Server
from edgeinfer.sinks.dashboard.sessions import Sessions
from edgeinfer.sinks.dashboard.streams import Streams
from edgeinfer.sinks.dashboard.told import Told
from edgeinfer.sinks.dashboard.trial import Trial
from edgeinfer.sinks.dashboard.updates import Updates
from edgeinfer.sinks.dashboard.work import Work


@dataclass(frozen=True, slots=True)
class Parts:
    """What the sink's thread feeds, and the server that shows it."""

    board: Board
    pictures: Pictures
    updates: Updates
    events: Events
    history: History
    live: Live
    keeping: Keeping
    tried: Trial
    streams: Streams
    work: Work
    server: Server

    def end(self) -> None:
        self.streams.end()
        self.server.end()
        self.tried.end()
        self.history.save()
        self.work.end()
        self.events.close()


def build(
    options: DashboardOptions, told: Told, line: str, folder: Path | None, bounds: Bounds
) -> Parts:
    """`line` is the password's hash, or ""; nothing is opened yet."""
    board, work, streams = Board(told.ask_health), Work(), Streams()
    pictures = Pictures(options.fps, options.width, work)
    updates = Updates()
    history = History(folder)
    events = Events(folder / "events.sqlite3" if folder else None, told.labels)
    shelf = folder / "pictures" if folder else None
    past = Past(events, shelf, work)
    collection = Collection(folder / "collect" if folder else None, options.most_bytes)
    keeping = Keeping(
        shelf,
        most_bytes=options.most_bytes,
        width_px=options.width,
        events=events,
        past=past,
        updates=updates,
        collection=collection,
    )
    tried = Trial(updates.tell)
    access = Access(Sessions(line, folder) if line else None, options.hosts)
    live = Live(
        board,
        told,
        Pace(options.fps),
        pictures=pictures,
        updates=updates,
        missed=past.missed,
        history=history,
        work=work,
    )
    changing = Changing(board, updates, tried, work, told=told, may_change=access.may_change)
    routes = [
        *Entry(access, line, STATIC, COOKIE, work).routes(),
        *live.routes(),
        *past.routes(),
        *changing.routes(),
        *Collecting(collection, pictures, work, told.on_command).routes(),
    ]
    tasks: set[asyncio.Task[None]] = set()

    def ready(loop: asyncio.AbstractEventLoop) -> None:
        for part in (pictures, updates, streams):
            part.attach(loop)
        tasks.add(loop.create_task(live.keep_looking()))

    app = App([*routes, openapi.route(routes)], access, streams, bounds)
    server = Server(app, HEADERS, ready, options.tls, bounds)
    return Parts(
        board, pictures, updates, events, history, live, keeping, tried, streams, work, server
    )
