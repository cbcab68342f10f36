"""What edgeinfer costs beside a bare loop written by hand, on 720p frames with COCO SSD.

(a) a bare loop: resize, convert, set_tensor, invoke, get_tensor; nothing is decoded
(b) `Pipeline.run`: the same, with timing, decoding and a `Result`
(c) the whole service: a clip is read, frames cross the slot, results cross an outbox

The three run in turn, in many short rounds in one process, so that the machine's drift meets all of
them. The frame rates are the upper quartiles of the rounds, for what disturbs only ever slows; the
ratios are of these, with the median of the rounds' own ratios in brackets. Then the start: import,
first result, peak memory.

    python benchmarks/pipeline.py --out benchmarks/results/pipeline-x86_64
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from machine import footer, provenance, write
from numpy.typing import NDArray

from edgeinfer.assembly import open_source
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Message
from edgeinfer.loading import build_pipeline
from edgeinfer.model import menu, weights
from edgeinfer.runtime.service import Service
from edgeinfer.sections import Model

MODEL = "coco_ssd_mobilenet_v1"
SIZE = (1280, 720)
Pixels = NDArray[np.uint8]


class Counter:
    """A sink that notes when messages came."""

    name = "counter"

    def __init__(self) -> None:
        self.times_s: list[float] = []

    def __enter__(self) -> Self:
        return self

    def send(self, message: Message) -> None:
        self.times_s.append(time.perf_counter())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def pictures(count: int) -> list[Pixels]:
    """Frames of 720p that differ, as a camera's do: the synthetic scene, scaled up."""
    with open_source("synthetic:signs", frames=count, size=SIZE) as source:
        frames = [source.read() for _ in range(count)]
    return [np.ascontiguousarray(frame.rgb[..., ::-1]) for frame in frames if frame]


def write_clip(path: Path, frames: list[Pixels], length: int) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, SIZE)
    for picture in islice(cycle(frames), length):
        writer.write(picture)
    writer.release()


def bare(model: Path, threads: int, frames: list[Pixels]) -> Callable[[int], float]:
    """(a): frames per second of the bare loop over so many frames."""
    interpreter = Interpreter(str(model), num_threads=threads)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    outputs = [detail["index"] for detail in interpreter.get_output_details()]

    def loop(count: int) -> float:
        began = time.perf_counter()
        for picture in islice(cycle(frames), count):
            small = cv2.resize(picture, (300, 300))
            rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
            interpreter.set_tensor(source, rgb[None])
            interpreter.invoke()
            for index in outputs:
                interpreter.get_tensor(index)
        return count / (time.perf_counter() - began)

    return loop


def piped(threads: int, frames: list[Pixels]) -> Callable[[int], float]:
    """(b): frames per second of Pipeline.run over so many frames."""
    pipeline = build_pipeline(Model(name=MODEL, threads=threads))
    ready = [Frame(pixels, seq, 0, 0, "bench", "bgr") for seq, pixels in enumerate(frames)]

    def loop(count: int) -> float:
        began = time.perf_counter()
        for frame in islice(cycle(ready), count):
            pipeline.run(frame)
        return count / (time.perf_counter() - began)

    return loop


def served(threads: int, clip: Path) -> Callable[[int], float]:
    """(c): frames per second of the service, between its first result and its last."""
    pipeline = build_pipeline(Model(name=MODEL, threads=threads))

    def loop(count: int) -> float:
        sink = Counter()
        Service(open_source(str(clip)), pipeline, [sink], frames=count).run()
        assert len(sink.times_s) == count
        return (count - 1) / (sink.times_s[-1] - sink.times_s[0])

    return loop


def compare(threads: int, frames: list[Pixels], clip: Path, args: Any) -> dict[str, Any]:
    path = weights.locate(menu.find(MODEL))
    if path is None:
        sys.exit(f"pull the model first: edgeinfer models pull {MODEL}")
    loops = {
        "bare": bare(path, threads, frames),
        "pipeline": piped(threads, frames),
        "service": served(threads, clip),
    }
    fps: dict[str, list[float]] = {name: [] for name in loops}
    for number in range(args.rounds + 1):
        for name, loop in loops.items():
            figure = loop(args.frames)
            if number:  # the first round warms up
                fps[name].append(figure)
        print(f"\r{threads} threads, round {number}/{args.rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    best = {name: quantiles(figures, n=4)[2] for name, figures in fps.items()}
    pairs = {
        name: median(own / base for own, base in zip(fps[name], fps["bare"], strict=True))
        for name in ("pipeline", "service")
    }
    ratio = {name: best[name] / best["bare"] for name in pairs}
    return {"threads": threads, "fps": best, "ratio": ratio, "median_of_pairs": pairs}


def start(clip: Path, runs: int) -> dict[str, float]:
    """Seconds to import and to the first result, and peak memory, of fresh processes."""
    imports, firsts, peak_kb = [], [], 0
    command = [sys.executable, "-m", "edgeinfer", "run", "--source", str(clip), "--model", MODEL]
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "import edgeinfer.assembly, edgeinfer.runtime.service"],
            check=True,
        )
        imports.append(time.perf_counter() - began)
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
            assert run.stdout
            assert run.stdout.readline().startswith(b'{"v": 1')
            firsts.append(time.perf_counter() - began)
            for _ in run.stdout:
                peak_kb = max(peak_kb, peak_memory_kb(run.pid))
    return {
        "import_s": median(imports),
        "first_result_s": median(firsts),
        "peak_memory_mb": peak_kb * 1024 / 1e6,
    }


def peak_memory_kb(pid: int) -> int:
    """VmHWM: getrusage would count what this process had when it forked."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def table(report: dict[str, Any]) -> str:
    lines = [
        "| threads | (a) bare fps | (b) pipeline fps | (c) service fps | (b)/(a) | (c)/(a) |",
        "|---|---|---|---|---|---|",
    ]
    for row in report["loops"]:
        fps, ratio, pairs = row["fps"], row["ratio"], row["median_of_pairs"]
        lines.append(
            f"| {row['threads']} | {fps['bare']:.1f} | {fps['pipeline']:.1f} "
            f"| {fps['service']:.1f} | {ratio['pipeline']:.3f} ({pairs['pipeline']:.3f}) "
            f"| {ratio['service']:.3f} ({pairs['service']:.3f}) |"
        )
    begin = report["start"]
    lines += [
        "",
        (
            f"import {begin['import_s']:.2f} s, first result after {begin['first_result_s']:.2f} s,"
            f" peak memory {begin['peak_memory_mb']:.0f} MB"
        ),
        *footer(report),
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=60, help="per round and loop")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md too")
    args = parser.parse_args()
    frames = pictures(16)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, frames, args.frames)
        report = {
            **provenance(),
            "loops": [compare(threads, frames, clip, args) for threads in args.threads],
            "start": start(clip, 5),
        }
    print(table(report))
    write(args.out, report, table(report))


if __name__ == "__main__":
    main()
