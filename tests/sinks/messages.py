"""Messages as the runtime makes them, for the tests of every sink."""

from __future__ import annotations

import numpy as np

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Event, Finding, Result, Timing

NOON_NS = 1_795_608_000_123_000_000  # 2026-11-25T12:00:00.123Z


def result(seq: int = 0, findings: int = 1) -> Result:
    found: tuple[Finding, ...] = tuple(
        Detection("train", 0.71, Box(0.0, 0.2, 1.0, 0.9), track=number)
        for number in range(findings)
    )
    frame = Frame(np.zeros((2, 2, 3), np.uint8), seq, seq * 1_000_000, NOON_NS, "train_day.mp4")
    return Result(frame, "coco_ssd_mobilenet_v1", found, Timing(0.2, 0.5, 14.1, 0.1))


def event(rule: str = "passage", seq: int = 0) -> Event:
    facts = {"direction": "right_to_left"}
    return Event(rule, "started", result(seq), facts, id=f"{rule}-{seq}")
