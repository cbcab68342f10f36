"""Keeping: an event with its picture, from the sink's thread to the disk and to the pages."""

from __future__ import annotations

import logging
from pathlib import Path

from edgeinfer import picture
from edgeinfer.core.results import Event, Result
from edgeinfer.sinks.dashboard.collection import Collection
from edgeinfer.sinks.dashboard.events import Events
from edgeinfer.sinks.dashboard.past import Past
from edgeinfer.sinks.dashboard.updates import Updates
from edgeinfer.sinks.shelf import Shelf, name_of
from edgeinfer.sinks.snapshot import drawn
from edgeinfer.sinks.trails import Trails

_QUALITY = 80
_OLDEST_S = 365 * 86_400.0
_log = logging.getLogger(__name__)


class Keeping:
    """By the sink's thread alone. Without a folder, or with a full disk, there are no pictures."""

    def __init__(  # noqa: PLR0913 - each is one part of the dashboard, by name
        self,
        folder: Path | None,
        *,
        most_bytes: int,
        width_px: int,
        events: Events,
        past: Past,
        updates: Updates,
        collection: Collection,
    ) -> None:
        self._shelf = Shelf(folder, most_bytes, _OLDEST_S) if folder else None
        self._width_px = width_px
        self._events = events
        self._past = past
        self._updates = updates
        self._collection = collection
        self._trails = Trails()
        self._failed = False

    def open(self) -> None:
        self._events.open()
        if self._shelf is not None:
            try:
                self._shelf.open()
            except OSError as error:
                self._warn(error)
                self._shelf = None

    def see(self, result: Result) -> None:
        self._trails.add(result)

    def keep(self, event: Event) -> None:
        row = self._events.add(event, self._picture(event))
        if row is not None:
            self._updates.tell("event", self._past.shown(row), row.number or None)
        self._collection.take(event)

    def _picture(self, event: Event) -> str | None:
        """The name of its file."""
        frame = event.shown.frame
        if self._shelf is None or not frame.width_px:
            return None
        pixels = drawn(event, self._width_px, self._trails.until(frame.captured_ns))
        if pixels is None:
            return None
        name = name_of(frame.wall_ns, event.rule, event.kind, event.id)
        try:
            return name if self._shelf.put(name, picture.jpeg(pixels, _QUALITY)) else None
        except OSError as error:
            self._warn(error)
            return None

    def _warn(self, error: OSError) -> None:
        if not self._failed:
            self._failed = True
            where, what = error.filename or "dashboard", error.strerror or error
            _log.warning("%s: %s; events are shown without pictures", where, what)
