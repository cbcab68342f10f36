"""What the motion gate saves, and whether it misses an event: both ways, frame by frame."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import cv2
import numpy as np
from machine import footer, provenance, write

from edgeinfer.assembly import open_pipeline, open_source
from edgeinfer.core.contracts import Rule
from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import WHOLE, Region
from edgeinfer.core.results import Detection, Event, Finding
from edgeinfer.motion import Motion
from edgeinfer.pipeline import Pipeline
from edgeinfer.rules.count import CountRule
from edgeinfer.rules.crossing import CrossingRule
from edgeinfer.rules.dwell import DwellRule
from edgeinfer.rules.passage import PassageRule
from edgeinfer.rules.presence import PresenceRule
from edgeinfer.rules.zone import ZoneRule
from edgeinfer.runtime.gate import Gate
from edgeinfer.sections import MotionGate
from edgeinfer.sources.scenes import named
from edgeinfer.sources.scenes.scene import Light, Weather
from edgeinfer.trackers.iou import IouTracker

_FPS = 10
_STILL_S = 60
_SAME_S = 3.0  # two events of a rule that are further apart are not the same one
# What a good detector finds: not a sliver of a train at the edge, which it could not name.
_SEEN_SHARE, _LEAST_SIDE = 0.3, 0.05
_LABELS = {"railway": "train", "parking": "car"}  # what the scenes are watched for
# Rails between the trees and the platform; bays between the pavements.
_RAILS, _BAYS = (0.0, 0.6, 1.0, 0.66), (0.0, 0.47, 1.0, 0.82)

Moment = tuple[Frame, Sequence[Finding] | None]
"""A frame, and what a perfect model finds in it; None: ask the model."""


@dataclass
class Way:
    """Frames to events, with or without the gate."""

    gate: Gate | None
    folder: Path
    cpu_s: float = 0.0
    ran: int = 0
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tracker = IouTracker()
        line = ((0.5, 0.0), (0.5, 1.0))
        self._rules: list[Rule] = [
            PassageRule("passage"),
            PresenceRule("presence"),
            ZoneRule("zone"),
            CrossingRule("crossing", CrossingRule.Options(line=line, anchor="centre")),
            DwellRule("dwell"),
            CountRule("count", CountRule.Options(folder=self.folder)),
        ]

    def take(self, moment: Moment, pipeline: Pipeline) -> None:
        began_s = process_time()
        if self.gate is None or self.gate.wants(moment[0]):
            self._run(moment, pipeline)
        self.cpu_s += process_time() - began_s

    def _run(self, moment: Moment, pipeline: Pipeline) -> None:
        self.ran += 1
        frame, known = moment
        result = pipeline.run(frame)
        found = result.findings if known is None else known
        boxes = [one for one in found if isinstance(one, Detection)]
        result = replace(result, findings=tuple(self._tracker.update(boxes, frame.captured_ns)))
        if self.gate:
            self.gate.seen(result)
        self.events += [event for rule in self._rules for event in rule.update(result)]


def clip(path: Path, still: slice) -> Iterator[Moment]:
    """At 10 fps, between minutes in which its frames of `still` go to and fro."""
    with open_source(str(path)) as source:
        frames = list(iter(source.read, None))
    step = max(1, round(1e8 / (frames[1].captured_ns - frames[0].captured_ns)))
    calm = frames[still]
    to_and_fro = [*calm, *calm[-2:0:-1]]
    minute = list(islice(cycle(to_and_fro), _STILL_S * _FPS))
    for number, frame in enumerate([*minute, *frames[::step], *minute]):
        yield _at(frame, number), None


def _at(frame: Frame, number: int) -> Frame:
    ns = number * 10**9 // _FPS
    return replace(frame, seq=number, captured_ns=ns, wall_ns=ns)


def scene(name: str, weather: Weather, light: Light, seconds: int, seed: int) -> Iterator[Moment]:
    drawn = named.make(name, seed, weather=weather, light=light)
    for number in range(seconds * _FPS):
        pixels, truths = drawn.draw(number / _FPS)
        found = [
            Detection(one.label, 0.9, one.box)
            for one in truths
            if one.label == _LABELS[name]
            and one.visible_share >= _SEEN_SHARE
            and min(one.box.width, one.box.height) >= _LEAST_SIDE
        ]
        yield _at(Frame(pixels, 0, 0, 0, name), number), found


def compared(
    moments: Iterator[Moment], pipeline: Pipeline, options: MotionGate, folder: Path
) -> dict[str, Any]:
    ways = [Way(None, folder / "all"), Way(Gate(options), folder / "gated")]
    for number, moment in enumerate(moments):
        for way in ways if number % 2 else ways[::-1]:
            way.take(moment, pipeline)
    every, gated = ways
    delays_ms, missed, extra = _matched(every.events, gated.events)
    return {
        "frames": every.ran,
        "skipped": 1 - gated.ran / every.ran,
        "cpu_s": every.cpu_s,
        "gated_cpu_s": gated.cpu_s,
        "saved": 1 - gated.cpu_s / every.cpu_s,
        "events": len(every.events),
        "missed": [_words(event) for event in missed],
        "extra": [_words(event) for event in extra],
        "delay_ms_median": median(delays_ms) if delays_ms else 0.0,
        "delay_ms_max": max(delays_ms, default=0.0),
    }


def _matched(
    events: list[Event], others: list[Event]
) -> tuple[list[float], list[Event], list[Event]]:
    """How much later the others came in ms; events without a partner; others without one."""
    rest, delays_ms, missed = list(others), [], []
    for event in events:
        same = [o for o in rest if _key(o) == _key(event) and abs(_s(o) - _s(event)) <= _SAME_S]
        if same:
            rest.remove(same[0])
            delays_ms.append((_s(same[0]) - _s(event)) * 1000)
        else:
            missed.append(event)
    return delays_ms, missed, rest


def _key(event: Event) -> tuple[object, ...]:
    return event.rule, event.kind, event.facts.get("direction"), event.facts.get("count")


def _s(event: Event) -> float:
    return event.result.frame.captured_ns / 1e9


def _words(event: Event) -> str:
    return f"{event.rule} {event.kind} at {_s(event):.1f} s"


def look_ms(size: tuple[int, int]) -> float:
    """One look at a picture of noise."""
    motion = Motion(MotionGate().region)
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 256, (size[1], size[0], 3), np.uint8)
    motion.update(pixels, 0)
    began_s = process_time()
    for number in range(300):
        motion.update(pixels, number * 10**8)
    return (process_time() - began_s) / 300 * 1000


@dataclass(frozen=True)
class Footage:
    """`min_score`: the model's threshold."""

    moments: Callable[[], Iterator[Moment]]
    region: Region = WHOLE
    min_score: float = 0.5


def footage(clips: Path, seconds: int) -> dict[str, Footage]:
    found = {
        "clip train_day": Footage(partial(clip, clips / "train_day.mp4", slice(0, 25))),
        "clip train_night": Footage(
            partial(clip, clips / "train_night.mp4", slice(0, 15)), min_score=0.3
        ),
        "clip car_park": Footage(partial(clip, clips / "car_park.mp4", slice(0, 50))),
    }
    kinds: list[tuple[str, Weather, Light, Region]] = [
        ("railway", "clear", "day", WHOLE),
        ("railway", "clear", "day", _RAILS),
        ("railway", "rain", "dusk", _RAILS),
        ("railway", "snow", "night", _RAILS),
        ("parking", "clear", "day", _BAYS),
        ("parking", "rain", "night", _BAYS),
    ]
    for name, weather, light, region in kinds:
        where = "all of it" if region == WHOLE else "its region"
        drawn = partial(scene, name, weather, light, seconds, seed=1)
        found[f"scene {name}, {weather}, {light}, {where}"] = Footage(drawn, region)
    return found


def table(report: dict[str, Any]) -> str:
    looks = ", ".join(f"{ms:.2f} ms at {size}" for size, ms in report["look_ms"].items())
    lines = [
        (
            "| footage | seconds | frames left out | CPU time saved | events | missed "
            "| besides | later, median | most |"
        ),
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {name} | {row['frames'] / _FPS:.0f} | {row['skipped']:.0%} | {row['saved']:.0%} "
            f"| {row['events']} | {len(row['missed'])} | {len(row['extra'])} "
            f"| {row['delay_ms_median']:.0f} ms | {row['delay_ms_max']:.0f} ms |"
            for name, row in report["rows"].items()
        ),
        "",
        f"One look of the gate takes {looks}.",
    ]
    return "\n".join([*lines, *footer(report)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="holds clips/")
    parser.add_argument("--seconds", type=int, default=120, help="of each drawn scene")
    parser.add_argument("--only", default="", help="footage whose name has this in it")
    parser.add_argument("--out", type=Path, help="writes OUT.json and OUT.md")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    report: dict[str, Any] = provenance()
    report["look_ms"] = {
        f"{w} x {h}": look_ms((w, h)) for w, h in ((640, 480), (1280, 720), (1920, 1080))
    }
    report["rows"] = {}
    for name, part in footage(arguments.shared / "clips", arguments.seconds).items():
        if arguments.only not in name:
            continue
        pipeline = open_pipeline("coco_ssd_mobilenet_v1", min_score=part.min_score, threads=1)
        with TemporaryDirectory() as folder:
            for way in ("all", "gated"):
                (Path(folder) / way).mkdir()
            row = compared(part.moments(), pipeline, MotionGate(part.region), Path(folder))
        report["rows"][name] = row
        print(name, f"{row['saved']:.0%} saved", file=sys.stderr, flush=True)
    print(table(report))
    write(arguments.out, report, table(report))


if __name__ == "__main__":
    main()
