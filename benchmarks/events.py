"""Do the demo's detector, the tracker and the rules tell what happened? Drawn scenes know.

python benchmarks/events.py [--minutes 10] [--only TEXT] [--out PREFIX]

Passages with their direction, and bays that are taken and left, against the truth of scenes whose
seeds no training and no other measurement used. Everything runs as in `edgeinfer demo`, but for the
clock: as fast as the machine can.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from event_truth import (
    Happening,
    Match,
    Span,
    changes,
    match_changes,
    match_passages,
    told_changes,
    told_passages,
    trains,
)
from machine import footer, provenance, write
from rich.progress import track as shown

from edgeinfer import assembly, picture
from edgeinfer.core.frame import Pixels
from edgeinfer.core.results import Event
from edgeinfer.sources.scenes import named
from edgeinfer.sources.scenes.scene import Light, Weather
from edgeinfer.tools import demo
from edgeinfer.tools.demo import SceneName

_FPS = 10.0
_FIRST_SEED = 300_001  # those of the training and its measurements lie below
_PLACES = 4  # seeds that share the minutes of a weather
_KINDS: tuple[tuple[Weather, Light], ...] = (
    ("clear", "day"), ("rain", "day"), ("snow", "day"), ("fog", "day"),
    ("clear", "dusk"), ("rain", "dusk"), ("clear", "night"), ("mixed", "mixed"),
)  # fmt: skip
# What begins or ends so near to the ends of a run, nobody could tell in time.
_BEGIN_S: dict[SceneName, float] = {"railway": 0.0, "parking": 5.0}
_LAST_S = 8.0
_SMALL_PX = 160, 120  # what is hidden and what is not shows on a small picture
_SHEET_WIDTH_PX, _SHEET_COLUMNS = 1280, 4


@dataclass(frozen=True)
class Run:
    """One place for some time."""

    scene: SceneName
    weather: Weather
    light: Light
    seed: int
    seconds: int

    @property
    def group(self) -> str:
        return f"{self.scene}, {self.weather}, {self.light}"


@dataclass(frozen=True)
class Told:
    """What rules said in a run against what was so, and a picture of the run's last event."""

    run: Run
    match: Match
    pixels: Pixels | None


def runs(minutes: float) -> Iterator[Run]:
    seed = _FIRST_SEED
    for scene in _BEGIN_S:
        for weather, light in _KINDS:
            for _ in range(_PLACES):
                yield Run(scene, weather, light, seed, round(minutes * 60 / _PLACES))
                seed += 1


def told(run: Run) -> Told:
    cv2.setNumThreads(1)
    drawn = demo.configuration(run.scene, run.seed, weather=run.weather, light=run.light)
    drawn["source"] |= {"frames": round(run.seconds * _FPS), "fps": _FPS}
    drawn["model"] = {"threads": 1}
    parts = assembly.build(assembly.configure(drawn))
    events: list[Event] = []
    last: Event | None = None
    first_ns = 0
    with parts.source as source:
        for frame in iter(source.read, None):
            first_ns = first_ns or frame.captured_ns
            result = parts.pipeline.run(frame)
            new = [event for rule in parts.rules for event in rule.update(result)]
            last = next((event for event in new if event.kind != "started"), last)
            events += [event.without_pixels() for event in new]
    return Told(run, _match(run, events, first_ns), _picture(run, last))


def _match(run: Run, events: list[Event], first_ns: int) -> Match:
    scene = named.make(run.scene, run.seed, _SMALL_PX, run.weather, run.light)
    within: Span = _BEGIN_S[run.scene], run.seconds - _LAST_S
    if run.scene == "railway":
        return match_passages(
            trains(scene, run.seconds), list(told_passages(events, first_ns)), within
        )
    stays = changes(scene.events(0.0, run.seconds))
    return match_changes(stays, list(told_changes(events, first_ns)), within)


def _picture(run: Run, event: Event | None) -> Pixels | None:
    if event is None:
        return None
    return picture.draw(
        picture.narrowed(event.shown.frame.rgb, _SHEET_WIDTH_PX // _SHEET_COLUMNS),
        event.shown.findings,
        place=event.place,
        caption=run.group,
    )


def summary(matches: Iterable[Match]) -> dict[str, Any]:
    each = list(matches)
    found, missed, right, false = (
        sum(len(getattr(match, kind)) for match in each)
        for kind in ("found", "missed", "right", "false")
    )
    delays_s = [delay for match in each for delay in match.delays_s]
    return {
        "happened": found + missed,
        "found": found,
        "told": right + false,
        "right": right,
        "precision": right / (right + false) if right + false else 1.0,
        "recall": found / (found + missed) if found + missed else 1.0,
        "delay_s_median": median(delays_s) if delays_s else None,
        "delay_s_p95": float(np.percentile(delays_s, 95)) if delays_s else None,
    }


def grouped(found: list[Told]) -> dict[str, Any]:
    groups: dict[str, list[Match]] = {}
    for one in found:
        for name in (one.run.group, f"{one.run.scene}, all"):
            groups.setdefault(name, []).append(one.match)
    return {name: summary(groups[name]) for name in sorted(groups)}


def mistakes(found: list[Told]) -> list[str]:
    return [
        f"{one.run.group}, seed {one.run.seed}: {kind} {_words(happening)}"
        for one in found
        for kind, list_ in (("missed", one.match.missed), ("false", one.match.false))
        for happening in list_
    ]


def _words(one: Happening) -> str:
    return f"{one.where} {one.what} at {one.begin_s:.1f} s"


def table(report: dict[str, Any]) -> str:
    lines = [
        (
            "| scene, weather, light | happened | found | told | right | precision | recall "
            "| delay, median | 19 of 20 |"
        ),
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {name} | {row['happened']} | {row['found']} | {row['told']} | {row['right']} "
            f"| {row['precision']:.3f} | {row['recall']:.3f} "
            f"| {row['delay_s_median']:.2f} s | {row['delay_s_p95']:.2f} s |"
            for name, row in report["rows"].items()
            if row["right"]
        ),
        "",
        "Every mistake:",
        "",
        *(f"- {line}" for line in report["mistakes"] or ["none"]),
    ]
    return "\n".join([*lines, *footer(report)])


def contact_sheet(found: list[Told]) -> Pixels:
    """One picture of each weather, in rows."""
    one_each = {one.run.group: one.pixels for one in found if one.pixels is not None}
    pictures = list(one_each.values())
    pictures += [np.zeros_like(pictures[0])] * (-len(pictures) % _SHEET_COLUMNS)
    rows = [
        np.hstack(pictures[at : at + _SHEET_COLUMNS])
        for at in range(0, len(pictures), _SHEET_COLUMNS)
    ]
    return np.vstack(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of each scene and weather")
    parser.add_argument("--only", default="", help="weathers whose name has this in it")
    parser.add_argument("--out", type=Path, help="writes OUT.json, OUT.md and OUT.jpg")
    arguments = parser.parse_args()
    wanted = [run for run in runs(arguments.minutes) if arguments.only in run.group]
    with ProcessPoolExecutor() as pool:
        found = list(shown(pool.map(told, wanted), "places", len(wanted)))
    report: dict[str, Any] = provenance()
    report |= {"rows": grouped(found), "mistakes": mistakes(found)}
    print(table(report))
    write(arguments.out, report, table(report))
    if arguments.out:
        picture.save(arguments.out.with_suffix(".jpg"), contact_sheet(found))


if __name__ == "__main__":
    sys.exit(main())
