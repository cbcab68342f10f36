"""The picture of an event: what was seen, with what was found, followed and watched drawn on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from edgeinfer import picture
from edgeinfer.core.frame import Pixels
from edgeinfer.core.results import Event
from edgeinfer.drawing import Points


def drawn(
    event: Event, largest_width_px: int, trails: Mapping[int, Points] | None = None
) -> Pixels | None:
    """RGB; None for an event that came without pixels."""
    frame = event.shown.frame
    if not frame.pixels.size:
        return None
    return picture.draw(
        picture.narrowed(frame.rgb, largest_width_px),
        event.shown.findings,
        place=event.place,
        trails=trails,
        caption=f"{event.rule}  {event.kind}  {_local(frame.wall_ns)}",
    )


def _local(wall_ns: int) -> str:
    """What a clock on the wall of the place says."""
    return datetime.fromtimestamp(wall_ns // 10**9).astimezone().strftime("%Y-%m-%d %H:%M:%S")
