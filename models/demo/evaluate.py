"""Measure the demo's detector on drawn scenes that its training never saw.

python models/demo/evaluate.py [--model FILE.tflite] [--clips 60] [--out PREFIX] [--card]

The file is run as `edgeinfer run` runs it: the same preparation, interpreter and decoder. Seeds are
odd and above those of the validation; weather and light are mixed otherwise than in the training.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import card
import pictures
from layout import CLASSES, LEAST_SCORE, NAME
from pictures import Clip
from rich.progress import track as shown
from scoring import Found, precision
from truths import LEAST_HEIGHT_PX, LEAST_VISIBLE, LEAST_WIDTH_PX, Known, known

from edgeinfer.core.frame import Frame, Pixels
from edgeinfer.core.results import Detection
from edgeinfer.loading import build_pipeline
from edgeinfer.model.cost import read as cost
from edgeinfer.pipeline import Pipeline
from edgeinfer.sections import Model
from edgeinfer.sources.scenes.scene import Truth

Drawn = tuple[Pixels, tuple[Truth, ...]]
_FIRST_SEED = 100_001
_PACKAGES = ("ai-edge-litert", "numpy", "opencv-python-headless", "pycocotools")
_INSTANTS = 12
_SIZE_PX = (640, 480)
_MODELS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Shot:
    clip: Clip
    truths: list[Known]
    found: list[Found]
    invoke_ms: float


def main() -> None:
    options = _options()
    model = Model(
        path=options.model, labels=_MODELS / "labels" / "demo.txt", min_score=LEAST_SCORE, threads=1
    )
    pipeline = build_pipeline(model)
    clips = list(_clips(options.clips))
    with ProcessPoolExecutor() as pool:
        drawn = shown(zip(clips, pool.map(_drawn, clips), strict=True), "scenes", len(clips))
        shots = [shot for each in drawn for shot in _shots(pipeline, *each)]
    report = _report(shots, options.model)
    text = _table(report)
    print(text)
    if options.card:
        card.write(options.model, report["groups"]["all"]["mean"] * 100, len(shots))
    if options.out:
        options.out.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
        options.out.with_suffix(".md").write_text(text + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=_MODELS / f"{NAME}.tflite")
    parser.add_argument("--clips", type=int, default=60, help="scenes, 12 pictures each")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--card", action="store_true", help="write the figure into the card")
    return parser.parse_args()


def _clips(count: int) -> Iterator[Clip]:
    """Half of them as they come; the others in the weathers that rules are tried in."""
    kinds = (
        ("mixed", "mixed"), ("clear", "day"), ("mixed", "mixed"), ("rain", "dusk"),
        ("mixed", "mixed"), ("snow", "day"), ("mixed", "mixed"), ("clear", "night"),
        ("mixed", "mixed"), ("fog", "day"),
    )  # fmt: skip
    for number in range(count):
        scene = list(pictures.SCENES)[number % 2]
        weather, light = kinds[number // 2 % len(kinds)]
        yield Clip(scene, _FIRST_SEED + 2 * number, weather, light, _SIZE_PX)


def _shots(pipeline: Pipeline, clip: Clip, drawn: list[Drawn]) -> Iterator[Shot]:
    for number, (pixels, truths) in enumerate(drawn):
        result = pipeline.run(Frame(pixels, number, 0, 0, clip.scene))
        found = [_found(one) for one in result.findings if isinstance(one, Detection)]
        yield Shot(clip, known(truths), found, result.timing.invoke_ms)


def _drawn(clip: Clip) -> list[Drawn]:
    drawing = pictures.scene(clip)
    return [drawing.draw(t_s) for t_s in pictures.instants(clip, _INSTANTS)]


def _found(one: Detection) -> Found:
    box = one.box
    return Found(CLASSES.index(one.label), one.score, (box.top, box.left, box.bottom, box.right))


def _report(shots: list[Shot], model: Path) -> dict[str, Any]:
    groups: dict[str, list[Shot]] = {"all": shots}
    for shot in shots:
        groups.setdefault(shot.clip.scene, []).append(shot)
        groups.setdefault(f"{shot.clip.weather}, {shot.clip.light}", []).append(shot)
    return {
        "bytes": model.stat().st_size,
        "macs": sum(each.macs or 0 for each in cost(model).subgraphs),
        "invoke_ms": statistics.median(shot.invoke_ms for shot in shots),
        "groups": {name: _measured(group) for name, group in groups.items()},
    }


def _measured(shots: list[Shot]) -> dict[str, Any]:
    result = precision([shot.truths for shot in shots], [shot.found for shot in shots])
    counted = [truth for shot in shots for truth in shot.truths if truth.counts]
    kinds = [CLASSES[truth.kind] for truth in counted]
    return {
        "pictures": len(shots),
        "truths": {name: kinds.count(name) for name in CLASSES},
        "classes": result.classes,
        "mean": result.mean,
        "strict": result.strict,
    }


def _table(report: dict[str, Any]) -> str:
    lines = [
        f"| | pictures | {' | '.join(CLASSES)} | mAP@0.5 | mAP@0.5:0.95 |",
        "|---|---:|" + "---:|" * (len(CLASSES) + 2),
    ]
    for name, group in report["groups"].items():
        each = " | ".join(
            f"{group['classes'][kind]:.3f} ({group['truths'][kind]})"
            if group["truths"][kind]
            else "-"
            for kind in CLASSES
        )
        lines.append(
            f"| {name} | {group['pictures']} | {each} | {group['mean']:.3f} "
            f"| {group['strict']:.3f} |"
        )
    return "\n".join([*lines, "", *_notes(report)])


def _notes(report: dict[str, Any]) -> list[str]:
    measured = (
        "Average precision at an IoU of 0.5 (in brackets: how many objects) of the int8 file as "
        f"edgeinfer runs it: {report['bytes']} bytes, {report['macs'] / 1e6:.1f} million MACs, "
        f"{report['invoke_ms']:.1f} ms a picture on one core of {_processor()}."
    )
    left_out = (
        f"Neither found nor missed: what can be seen to less than {LEAST_VISIBLE:.0%}, or what the "
        f"model sees less than {LEAST_WIDTH_PX:g} px wide or {LEAST_HEIGHT_PX:g} px high."
    )
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    command = " ".join(["python", *sys.argv])
    return [measured, "", left_out, "", versions, "", f"`{command}`, {time.strftime('%Y-%m-%d')}"]


def _processor() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith(("model name", "Model"))
    ]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
