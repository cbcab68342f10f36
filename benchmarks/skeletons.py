"""Does a written model take the time of the real one?

For every real file that has a written twin, both are loaded with one thread and get the same random
picture. They run in turn, invoke by invoke, and the one that begins changes, so that the machine's
drift meets both; each ratio is the median over the pairs. A ratio near 1.00 is the goal, and 0.90
to 1.10 the limit. Files that are not there are said so.

    python benchmarks/skeletons.py --models FOLDER --out benchmarks/results/skeletons-x86_64
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import footer, provenance, write

from edgeinfer.engines.litert import LitertEngine
from edgeinfer.model import mobilenet, skeletons

TWINS: dict[str, Callable[[], bytes]] = {
    "mobilenet_v1_0.25_128_quant": lambda: skeletons.write("mobilenet_v1", 0.25, 128, "uint8"),
    "mobilenet_v1_0.5_160_quant": lambda: skeletons.write("mobilenet_v1", 0.5, 160, "uint8"),
    "mobilenet_v1_0.75_192_quant": lambda: skeletons.write("mobilenet_v1", 0.75, 192, "uint8"),
    "mobilenet_v1_1.0_224_quant_embedding_extractor": lambda: mobilenet.v1(
        "uint8", 1.0, 224, classes=None
    ),
    "mobilenet_v2_1.0_224_quant": lambda: skeletons.write("mobilenet_v2", 1.0, 224, "uint8"),
    "mobilenet_v2_1.0_224_inat_bird_quant": lambda: mobilenet.v2(
        "uint8", 1.0, 224, classes=965, head="fully_connected"
    ),
    # The file's name says 1.0, its layers have three quarters of the channels.
    "coco_ssd_mobilenet_v1_1.0_quant": lambda: skeletons.write(
        "ssd_mobilenet_v1", 0.75, 300, "uint8"
    ),
}
WARM_UP_S = 0.3
LEAST_PAIRS = 15


def compare(real: Path, written: Path, seconds: float) -> dict[str, Any]:
    """Median invoke of both in ms, and the quartiles of written / real."""
    engines = [LitertEngine(path, threads=1) for path in (real, written)]
    pixels = np.random.default_rng(0).integers(0, 256, engines[0].input.shape, dtype=np.uint8)
    for engine in engines:
        warm_up(engine, pixels)
    pairs = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(pairs) < LEAST_PAIRS:
        order = (0, 1) if len(pairs) % 2 else (1, 0)
        times = {number: invoke_ms(engines[number]) for number in order}
        pairs.append((times[0], times[1]))
    ratios = [own / base for base, own in pairs]
    low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
    real_ms, written_ms = np.median(pairs, axis=0)
    return {
        "real_ms": float(real_ms),
        "written_ms": float(written_ms),
        "ratio": float(middle),
        "quartiles": [float(low), float(high)],
        "pairs": len(pairs),
    }


def warm_up(engine: LitertEngine, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    engine.run(pixels)
    end = time.perf_counter() + WARM_UP_S
    while time.perf_counter() < end:
        engine.invoke()


def invoke_ms(engine: LitertEngine) -> float:
    began = time.perf_counter()
    engine.invoke()
    return (time.perf_counter() - began) * 1e3


def compare_all(models: Path, seconds: float) -> dict[str, Any]:
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "written.tflite"
        for name, write in TWINS.items():
            real = models / f"{name}.tflite"
            if not real.is_file():
                print(f"{real}: no such file, so nothing to compare with", file=sys.stderr)
                continue
            written.write_bytes(write())
            rows[name] = compare(real, written, seconds)
    return rows


def table(report: dict[str, Any]) -> str:
    lines = [
        "| model | real ms | written ms | written / real | quartiles | pairs |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in report["models"].items():
        low, high = row["quartiles"]
        lines.append(
            f"| {name} | {row['real_ms']:.3f} | {row['written_ms']:.3f} | {row['ratio']:.3f} "
            f"| {low:.3f} to {high:.3f} | {row['pairs']} |"
        )
    lines += [
        *footer(report),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Does a written model take the real one's time?")
    parser.add_argument("--models", type=Path, required=True, help="the folder of real files")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each pair of models")
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md too")
    args = parser.parse_args()
    report = {
        **provenance(),
        "models": compare_all(args.models, args.seconds),
    }
    print(table(report))
    write(args.out, report, table(report))


if __name__ == "__main__":
    main()
