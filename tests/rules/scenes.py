"""Made-up scenes: what a detector would find at each moment, played through tracker and rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from random import Random

import numpy as np

from edgeinfer.core.contracts import Rule
from edgeinfer.core.frame import Frame, Pixels
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Event, Finding, Result, Timing
from edgeinfer.trackers.iou import IouTracker

Scene = Callable[[float], Sequence[Finding]]
"""From seconds to what is found then."""
START_NS = 7_000_000_000_000
WALL_NS = 1_795_521_600_000_000_000  # 2026-11-24T12:00:00Z
_BLACK = np.zeros((90, 160, 3), np.uint8)


def result(seconds: float, findings: Iterable[Finding] = (), pixels: Pixels = _BLACK) -> Result:
    ns = round(seconds * 1e9)
    frame = Frame(pixels, round(seconds * 1000), START_NS + ns, WALL_NS + ns, "scene")
    return Result(frame, "made up", tuple(findings), Timing(0, 0, 0, 0))


def moments(fps: float, seconds: float, random: Random | None = None) -> list[float]:
    """When frames come; with `random` no two are equally far apart."""
    steps = [n / fps for n in range(int(seconds * fps))]
    return [step + random.uniform(-0.3, 0.3) / fps for step in steps] if random else steps


def play(rule: Rule, scene: Scene, times: Iterable[float]) -> list[Event]:
    tracker = IouTracker()
    return [
        event
        for seconds in times
        for event in rule.update(tracked(tracker, result(seconds, scene(seconds))))
    ]


def tracked(tracker: IouTracker, one: Result) -> Result:
    """As the pipeline does it."""
    detections = [f for f in one.findings if isinstance(f, Detection)]
    others = [f for f in one.findings if not isinstance(f, Detection)]
    found = tracker.update(detections, one.frame.captured_ns)
    return Result(one.frame, one.model, (*found, *others), one.timing)


def kinds(events: Iterable[Event]) -> list[str]:
    return [event.kind for event in events]


def seconds_of(event: Event) -> float:
    """When the frame of the event was captured."""
    return (event.result.frame.captured_ns - START_NS) / 1e9


def car(
    x: float, y: float = 0.5, score: float = 0.7, label: str = "car", size: float = 0.2
) -> Detection:
    """With its middle at x and its feet at y; it may stand partly outside the picture."""
    box = Box(x - size / 2, y - size, x + size / 2, y).clipped()
    return Detection(label, score, box)


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - the same in every run


def in_picture(found: Iterable[Detection]) -> list[Detection]:
    """Those of which a detector sees enough."""
    return [one for one in found if one.box.width > 0.03 and one.box.height > 0.03]


def train(
    front: float, length: float = 3.0, score: float = 0.7, label: str = "train"
) -> list[Detection]:
    """Going right with its front at `front`; none where it is not in the picture."""
    left, right = max(front - length, 0.0), min(front, 1.0)
    return [Detection(label, score, Box(left, 0.2, right, 0.9))] if right - left > 0.05 else []


def around(found: Sequence[Detection]) -> list[Detection]:
    """All of them as one."""
    if not found:
        return []
    box = found[0].box
    left, right = min(d.box.left for d in found), max(d.box.right for d in found)
    return [replace(found[0], box=replace(box, left=left, right=right))]


def mirrored(found: Sequence[Detection]) -> list[Detection]:
    return [
        Detection(d.label, d.score, Box(1 - d.box.right, d.box.top, 1 - d.box.left, d.box.bottom))
        for d in found
    ]


def trembling(found: Sequence[Detection], random: Random, by: float = 0.01) -> list[Detection]:
    def edge(value: float) -> float:
        return min(max(value + random.gauss(0, by), 0.0), 1.0)

    return [
        Detection(
            d.label, d.score, Box(*map(edge, (d.box.left, d.box.top, d.box.right, d.box.bottom)))
        )
        for d in found
    ]
