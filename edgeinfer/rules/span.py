"""Span: from when to when something was, as facts of an event."""

from __future__ import annotations

from typing import Any

from edgeinfer.core.frame import Frame
from edgeinfer.wire import timestamp


def span(now: Frame, first_ns: int, last_ns: int | None) -> dict[str, Any]:
    """`began`, and where it is over `ended` and `duration_s`; the arguments are of captured_ns.

    When something began is known only after a while: the frame of an event is later than that.
    """
    began = {"began": _time(now, first_ns)}
    if last_ns is None:
        return began
    duration_s = round((last_ns - first_ns) / 1e9, 3)
    return began | {"ended": _time(now, last_ns), "duration_s": duration_s}


def _time(now: Frame, captured_ns: int) -> str:
    return timestamp(now.wall_ns - now.captured_ns + captured_ns)
