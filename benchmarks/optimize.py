"""What `edgeinfer optimize` gains, and what it costs in agreement, on real models and pictures.

Each uint8 model is rewritten to int8 and compared with its original: classifiers on flowers and
photographs, the detector on frames of three clips, the segmentation on photographs. Beside each
share of agreement stands that of the runtime's two kernels (XNNPACK and TFLite's own) on the
original: differences of that size are noise. The time is that of one invoke, interleaved.

    python benchmarks/optimize.py --shared ../shared --out benchmarks/results/optimize-x86_64
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from machine import footer, provenance, write

from edgeinfer.core.frame import Frame
from edgeinfer.model import flatbuffer, int8, menu, weights
from edgeinfer.sections import Model
from edgeinfer.tools import pictures
from edgeinfer.tools.agreement import BOXES_CONFIDENT, CELLS, TOP_1, TOP_1_CONFIDENT, Agreement
from edgeinfer.tools.comparison import Comparison

CLASSIFIERS = (
    "mobilenet_v1_0.25_128",
    "mobilenet_v1_0.5_160",
    "mobilenet_v1_0.75_192",
    "mobilenet_v2_1.0_224",
    "mobilenet_v2_1.0_224_inat_bird",
)
MODELS = (*CLASSIFIERS, "coco_ssd_mobilenet_v1", "deeplabv3_mnv2_dm05_pascal")
GOALS = {  # (least ratio of speed, least agreement of what is confident)
    "mobilenet_v1_0.75_192": (1.8, 0.99),
    "mobilenet_v2_1.0_224": (1.8, 0.99),
    "coco_ssd_mobilenet_v1": (2.5, 0.98),
}
CONFIDENT = 0.99  # the least of the classifiers that have no goal of speed
CLIPS = ("train_day.mp4", "train_night.mp4", "car_park.mp4")


def frames(model: str, shared: Path, count: int) -> Iterator[Frame]:
    """About so many, the same ones each time."""
    if model in CLASSIFIERS:
        kinds = sorted(path for path in (shared / "datasets/flowers").iterdir() if path.is_dir())
        folders = [(str(path), count // len(kinds)) for path in kinds]
        sources = [*folders, (str(shared / "images"), count)]
    elif model == "coco_ssd_mobilenet_v1":
        sources = [(str(shared / "clips" / name), count // len(CLIPS)) for name in CLIPS]
    else:
        sources = [(str(shared / "images"), count)]
    for text, most in sources:
        yield from pictures.taken(text, most)


def measure(model: str, shared: Path, count: int, threads: int, folder: Path) -> dict[str, Any]:
    card = menu.find(model)
    path = weights.locate(card)
    if path is None:
        sys.exit(f"pull the model first: edgeinfer models pull {model}")
    rewritten, changes = int8.to_int8(flatbuffer.read(path))
    other = folder / path.name
    other.write_bytes(flatbuffer.pack(rewritten))
    comparison = Comparison(Model(name=model, threads=threads), path, card, other)

    def on_count(done: int) -> None:
        print(f"\r{model}: {done} pictures", end="", file=sys.stderr)

    agreements = comparison.agreements(frames(model, shared, count), on_count)
    speed = comparison.speed()
    print(file=sys.stderr)
    return {
        "model": model,
        "pictures": agreements.pictures,
        "changes": asdict(changes),
        "rewritten": shares(agreements.models),
        "kernels": shares(agreements.kernels),
        "bytes": [path.stat().st_size, other.stat().st_size],
        "speed": asdict(speed),
    }


def shares(agreement: Agreement) -> dict[str, dict[str, float]]:
    return {one.name: {"share": one.share, "of": one.of} for one in agreement.measures}


def met(row: dict[str, Any]) -> str:
    """Which goals of a row are missed."""
    speed, least = GOALS.get(
        row["model"], (None, CONFIDENT if row["model"] in CLASSIFIERS else None)
    )
    confident = confident_of(row["rewritten"])
    missed = []
    if speed and row["speed"]["ratio"]["median"] < speed:
        missed.append(f"speed {speed}")
    if least and (confident is None or confident["share"] < least):
        missed.append(f"agreement {least}")
    return "missed: " + ", ".join(missed) if missed else "met" if speed or least else "none set"


def confident_of(found: dict[str, dict[str, float]]) -> dict[str, float] | None:
    return found.get(TOP_1_CONFIDENT) or found.get(BOXES_CONFIDENT)


def all_of(found: dict[str, dict[str, float]]) -> dict[str, float] | None:
    return found.get(TOP_1) or found.get(CELLS)


def cell(one: dict[str, float] | None, noise: dict[str, float] | None) -> str:
    if one is None:
        return "-"
    beside = f"{noise['share']:.3f}" if noise else "-"
    return f"{one['share']:.3f} ({beside}) of {one['of']:.0f}"


def table(report: dict[str, Any]) -> str:
    lines = [
        (
            "| model | uint8 ms | int8 ms | times as fast | confident | top-1 or cells | "
            "channels rescaled | goals |"
        ),
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in report["models"]:
        speed, changes = row["speed"], row["changes"]
        rewritten, kernels = row["rewritten"], row["kernels"]
        lines.append(
            f"| {row['model']} | {speed['original_ms']['p50']:.2f} "
            f"| {speed['rewritten_ms']['p50']:.2f} | {speed['ratio']['median']:.2f} "
            f"| {cell(confident_of(rewritten), confident_of(kernels))} "
            f"| {cell(all_of(rewritten), all_of(kernels))} "
            f"| {changes['rescaled']} of {changes['channels']} | {met(row)} |"
        )
    return "\n".join(
        [
            *lines,
            "",
            (
                "Agreement with the original; in brackets that of the runtime's two kernels on the "
                "original, which is noise. Confident: top-1 where either has a score of 0.5 or "
                f"more; boxes of 0.5 or more, in both directions. {report['threads']} thread(s)."
            ),
            *footer(report),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What optimize gains, and costs in agreement.")
    parser.add_argument("--shared", type=Path, required=True, help="images, clips and datasets")
    parser.add_argument("--models", nargs="+", default=list(MODELS), metavar="NAME")
    parser.add_argument("--pictures", type=int, default=300, help="for each model, about")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = {
            **provenance(),
            "threads": args.threads,
            "models": [
                measure(name, args.shared, args.pictures, args.threads, Path(folder))
                for name in args.models
            ],
        }
    print(table(report))
    write(args.out, report, table(report))


if __name__ == "__main__":
    main()
