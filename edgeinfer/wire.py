"""The one JSON form of every message, as `docs/messages.md` describes it.

Whoever writes a message anywhere (a file, a broker, a page) writes this; `v` is its version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import (
    Classification,
    Detection,
    Event,
    Finding,
    Health,
    Mask,
    Message,
    Pose,
    Result,
    Snapshot,
    State,
    Timing,
)

VERSION = 1


def to_json(message: Message) -> str:
    """One line of JSON without a line end."""
    return json.dumps(to_dict(message), ensure_ascii=False, separators=(", ", ": "))


def to_dict(message: Message) -> dict[str, Any]:
    match message:
        case Result():
            return _result(message)
        case Event():
            return _event(message)
        case Health():
            return _standing("health", message.wall_ns, message.facts)
        case State():
            return _standing("state", message.wall_ns, {"rule": message.rule, **message.facts})
        case Snapshot():
            return _event(message.event)


def timestamp(wall_ns: int) -> str:
    """Unix time as ISO 8601 in UTC with milliseconds: 2026-11-23T12:00:00.123Z."""
    moment = datetime.fromtimestamp(wall_ns // 1_000_000 / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event_of(document: Mapping[str, Any]) -> Event:
    """The event that `to_dict` said, which says the same again.

    What the document does not hold is empty: the findings, the pixels, the monotonic time.

    Raises: ValueError: it is no event of this version.
    """
    if (document.get("v"), document.get("type")) != (VERSION, "event"):
        raise ValueError("not an event of this version")
    try:
        return _event_of(document)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an event: {error!r}") from error


def _event_of(document: Mapping[str, Any]) -> Event:
    wall_ns = _wall_ns(document["time"])
    nothing = np.empty((0, 0, 3), np.uint8)
    frame = Frame(nothing, document["seq"], 0, wall_ns, document["source"])
    result = Result(frame, document["model"], (), Timing(0, 0, 0, 0))
    rule, kind, facts = document["rule"], document["kind"], dict(document["facts"])
    uncertain = bool(document.get("time_uncertain", False))
    return Event(rule, kind, result, facts, document["id"], uncertain)


def _wall_ns(time: str) -> int:
    """The opposite of `timestamp`, to the millisecond; in whole numbers, for a float is too short.

    Raises: ValueError: it is not such a time.
    """
    since = datetime.fromisoformat(time) - datetime.fromtimestamp(0, UTC)
    return since // timedelta(milliseconds=1) * 1_000_000


def _result(result: Result) -> dict[str, Any]:
    timing = result.timing
    return {
        "v": VERSION,
        "type": "result",
        "seq": result.frame.seq,
        "time": timestamp(result.frame.wall_ns),
        "source": _text(result.frame.source),
        "model": result.model,
        "findings": [_finding(finding) for finding in result.findings],
        "timing_ms": {
            "waited": round(timing.waited_ms, 2),
            "prepare": round(timing.prepare_ms, 2),
            "invoke": round(timing.invoke_ms, 2),
            "decode": round(timing.decode_ms, 2),
        },
        "binds": timing.binds,
    }


def _event(event: Event) -> dict[str, Any]:
    frame = event.result.frame
    return {
        "v": VERSION,
        "type": "event",
        "id": event.id,
        "rule": event.rule,
        "kind": event.kind,
        "time": timestamp(frame.wall_ns),
        **({"time_uncertain": True} if event.time_uncertain else {}),
        "source": _text(frame.source),
        "model": event.result.model,
        "seq": frame.seq,
        "facts": dict(event.facts),
    }


def _standing(kind: str, wall_ns: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"v": VERSION, "type": kind, "time": timestamp(wall_ns), **facts}


def _text(name: str) -> str:
    """A file name that is not UTF-8, with a question mark for what cannot be said."""
    return name.encode(errors="replace").decode()


def _finding(finding: Finding) -> dict[str, Any]:
    match finding:
        case Classification():
            return {"kind": "classification", **_scored(finding.label, finding.score)}
        case Detection():
            return _detection(finding)
        case Pose():
            return _pose(finding)
        case Mask():
            return _mask(finding)


def _detection(detection: Detection) -> dict[str, Any]:
    found = {
        "kind": "detection",
        **_scored(detection.label, detection.score),
        "box": _box(detection.box),
    }
    return found if detection.track is None else {**found, "track": detection.track}


def _pose(pose: Pose) -> dict[str, Any]:
    points = [
        {"name": p.name, "score": round(p.score, 4), "x": round(p.x, 4), "y": round(p.y, 4)}
        for p in pose.keypoints
    ]
    return {"kind": "pose", "score": round(pose.score, 4), "keypoints": points}


def _mask(mask: Mask) -> dict[str, Any]:
    """The share of the picture that each label covers: the cells themselves stay on the device."""
    counts = np.bincount(mask.cells.ravel(), minlength=len(mask.labels))
    shares = {
        label: round(float(count) / mask.cells.size, 4)
        for label, count in zip(mask.labels, counts, strict=True)
        if count
    }
    return {"kind": "mask", "shares": shares}


def _scored(label: str, score: float) -> dict[str, Any]:
    return {"label": label, "score": round(score, 4)}


def _box(box: Box) -> dict[str, float]:
    return {
        "left": round(box.left, 4),
        "top": round(box.top, 4),
        "right": round(box.right, 4),
        "bottom": round(box.bottom, 4),
    }
