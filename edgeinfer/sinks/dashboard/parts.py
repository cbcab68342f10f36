"""The parts of one dashboard, put together."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from edgeinfer.sinks.dashboard.access import HEADERS, Access
from edgeinfer.sinks.dashboard.app import COOKIE, STATIC, App
from edgeinfer.sinks.dashboard.board import Board
from edgeinfer.sinks.dashboard.entry import Entry
from edgeinfer.sinks.dashboard.events import Events
from edgeinfer.sinks.dashboard.history import History
from edgeinfer.sinks.dashboard.live import Live
from edgeinfer.sinks.dashboard.options import DashboardOptions
from edgeinfer.sinks.dashboard.past import Past
from edgeinfer.sinks.dashboard.pictures import Pictures
from edgeinfer.sinks.dashboard.server import Server
from edgeinfer.sinks.dashboard.sessions import Sessions
from edgeinfer.sinks.dashboard.streams import Streams
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
    past: Past
    streams: Streams
    work: Work
    server: Server


def build(options: DashboardOptions, device: str, line: str, folder: Path | None) -> Parts:
    """`line` is the password's hash, or ""; nothing is opened yet."""
    board, work, streams = Board(), Work(), Streams()
    pictures = Pictures(options.fps, options.width, work)
    updates = Updates(options.fps)
    history = History(folder)
    events = Events(folder / "events.sqlite3" if folder else None)
    live = Live(
        board, device=device, pictures=pictures, updates=updates, history=history, work=work
    )
    past = Past(events, folder / "pictures" if folder else None, work)
    live.missed = past.missed
    access = Access(Sessions(line, folder) if line else None, options.hosts)
    entry = Entry(access, line, STATIC, COOKIE, work)
    routes = [*entry.routes(), *live.routes(), *past.routes()]
    tasks: set[asyncio.Task[None]] = set()

    def ready(loop: asyncio.AbstractEventLoop) -> None:
        for part in (pictures, updates, streams):
            part.attach(loop)
        tasks.add(loop.create_task(live.keep_looking()))

    app = App(routes, access, streams)
    tls = (options.certificate, options.key) if options.certificate else None
    server = Server(app, HEADERS, ready, tls)
    return Parts(board, pictures, updates, events, history, live, past, streams, work, server)
