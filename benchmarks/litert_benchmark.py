"""The p50 of `edgeinfer bench` beside that of `litert-benchmark`, which comes with ai-edge-litert.

Both run as programs of their own, in many short pieces, in turn, on the same file with as many
threads and runs; which of them begins changes from round to round. Other programs can only slow a
piece down, and seldom both of a pair alike: so the goal of 5 % is held by the lower quartile of
each side's pieces. Beside it stand the median of the ratios pair by pair, and the ratio of the
fastest pieces. litert-benchmark uses LiteRT's CompiledModel and rounds to 0.01 ms; edgeinfer uses
the Interpreter.

    python benchmarks/litert_benchmark.py --models FOLDER --out PREFIX
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from machine import footer, provenance, write

NAMES = (
    "mobilenet_v1_0.25_128_quant",
    "mobilenet_v1_0.75_192_quant",
    "mobilenet_v2_1.0_224_quant",
    "coco_ssd_mobilenet_v1_1.0_quant",
    "movenet_single_pose_lightning_ptq",
)
GOAL = 0.05
WARM_UPS = 15


def edgeinfer_ms(model: Path, threads: int, runs: int) -> float:
    words = ["bench", str(model), "--threads", str(threads), "--runs", str(runs)]
    done = subprocess.run(
        [sys.executable, "-m", "edgeinfer", *words, "--quick", "--json", "--no-save"],
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(json.loads(done.stdout)["invoke_ms"]["p50"])


def litert_ms(model: Path, threads: int, runs: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        options = {
            "model": model,
            "num_threads": threads,
            "num_runs": runs,
            "warmup_runs": WARM_UPS,
            "result_json": out,
        }
        subprocess.run(
            [
                str(Path(sys.executable).with_name("litert-benchmark")),
                *(f"--{name}={value}" for name, value in options.items()),
            ],
            capture_output=True,
            check=True,
        )
        return float(json.loads(out.read_text())["latency"]["median_ms"])


def compare(model: Path, threads: int, rounds: int, runs: int) -> dict[str, Any]:
    """The p50 of every piece, and three ratios of them: `ratio` is the one of the goal."""
    sides = {"edgeinfer": edgeinfer_ms, "litert": litert_ms}
    p50_ms: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        names = list(sides) if number % 2 else list(sides)[::-1]
        for name in names:
            p50_ms[name].append(sides[name](model, threads, runs))
        shown = f"\r{model.stem}, {threads} threads, round {number + 1}/{rounds}"
        print(f"{shown:<79}", end="", file=sys.stderr)
    ratios = [a / b for a, b in zip(p50_ms["edgeinfer"], p50_ms["litert"], strict=True)]
    return {
        "model": model.stem,
        "threads": threads,
        "p50_ms": {name: lower_quartile(values) for name, values in p50_ms.items()},
        "ratio": lower_quartile(p50_ms["edgeinfer"]) / lower_quartile(p50_ms["litert"]),
        "paired_ratio": median(ratios),
        "fastest_ratio": min(p50_ms["edgeinfer"]) / min(p50_ms["litert"]),
        "pieces_ms": p50_ms,
    }


def lower_quartile(values: list[float]) -> float:
    """What a quarter of them does not exceed."""
    return quantiles(values, n=4, method="inclusive")[0] if len(values) > 1 else values[0]


def table(report: dict[str, Any]) -> str:
    lines = [
        (
            "| model | threads | `edgeinfer bench` p50 ms | `litert-benchmark` p50 ms "
            "| ratio of the lower quartiles | median of the pairs | of the fastest |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    for row in report["rows"]:
        p50_ms = row["p50_ms"]
        lines.append(
            f"| {row['model']} | {row['threads']} | {p50_ms['edgeinfer']:.3f} "
            f"| {p50_ms['litert']:.2f} | {row['ratio']:.3f} "
            f"| {row['paired_ratio']:.3f} | {row['fastest_ratio']:.3f} |"
        )
    within = sum(abs(row["ratio"] - 1) <= GOAL for row in report["rows"])
    lines += [
        "",
        (
            f"{within} of {len(report['rows'])} within {GOAL * 100:.0f} % by the ratio of the "
            "lower quartiles; the times are those quartiles of the pieces' p50"
        ),
        *footer(report),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", type=Path, required=True, help="the folder of the real files")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=30, help="of a piece, of each program")
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md too")
    args = parser.parse_args()
    paths = [path for name in NAMES if (path := args.models / f"{name}.tflite").is_file()]
    if not paths:
        sys.exit(f"{args.models}: none of {', '.join(NAMES)} is there")
    report = {
        **provenance(),
        "rows": [
            compare(path, threads, args.rounds, args.runs)
            for path in paths
            for threads in args.threads
        ],
    }
    print(file=sys.stderr)
    print(table(report))
    write(args.out, report, table(report))


if __name__ == "__main__":
    main()
