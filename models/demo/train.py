"""Train the demo's detector: draw pictures, train, round to 8 bits, write the .tflite.

pip install -e ".[train]"; python models/demo/train.py [--clips 240] [--epochs 18] [--out FOLDER]

The same seed on the same machine and versions gives the same file. `evaluate.py` measures it.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import tempfile
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

import card
import curve
import pictures
import tflite
import torch
from course import Course
from curve import Point
from layout import NAME
from network import Detector
from pictures import Pictures
from rich.progress import Progress

_RATE = 3e-3
_ROUNDED_RATE = 3e-4  # small: the weights are there, they learn to live with 8 bits
_MODELS = Path(__file__).parents[1]


def main() -> None:
    options = _options()
    _settle(options.seed)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        learned, judged = _pictures(options.clips, options.pictures or Path(temporary))
        network, points = _trained(learned, judged, options)
    model = options.out / f"{NAME}.tflite"
    (options.out / "demo").mkdir(parents=True, exist_ok=True)
    model.write_bytes(tflite.write(network))
    card.write(model)
    curve.draw(points, options.out / "demo" / "curve.png")
    report = _facts(options, learned, network, points, (time.monotonic() - begun) / 60)
    (options.out / "demo" / "training.json").write_text(json.dumps(report, indent=2) + "\n")
    print(f"{model}: {model.stat().st_size} bytes, {report['minutes']} min")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=240, help="scenes to draw, 32 pictures each")
    parser.add_argument("--epochs", type=int, default=18)
    parser.add_argument("--rounded-epochs", type=int, default=1, help="after them, with 8 bits")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=_MODELS, help="where the model goes")
    parser.add_argument(
        "--pictures", type=Path, help="a folder that keeps the drawn pictures (1 GB) for next time"
    )
    return parser.parse_args()


def _settle(seed: int) -> None:
    """The same numbers each time, and memory that is kept.

    PyTorch takes and gives back 100 MB several times a step, and to have it zeroed by the kernel
    each time costs more than the arithmetic.
    """
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # all of it is written anyway
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-4, 0)  # M_MMAP_MAX
        libc.mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def _pictures(clips: int, folder: Path) -> tuple[Pictures, Pictures]:
    folder.mkdir(parents=True, exist_ok=True)
    learned, judged = pictures.training(clips), pictures.validation(max(clips // 20, 4))
    with Progress() as progress:
        task = progress.add_task("pictures", total=len(learned) + len(judged))
        return (
            pictures.collect(learned, folder / "learned", lambda: progress.advance(task)),
            pictures.collect(judged, folder / "judged", lambda: progress.advance(task)),
        )


def _trained(
    learned: Pictures, judged: Pictures, options: argparse.Namespace
) -> tuple[Detector, list[Point]]:
    """With batch norm and real numbers first; then folded, and rounded as the file will be."""
    network = Detector().to(memory_format=torch.channels_last)
    with Progress() as progress:
        course = partial(Course, learned, judged, progress=progress)
        first = course(seed=options.seed, epochs=options.epochs, rate=_RATE)
        averaged, points = first.run(network, rounded=False)
        averaged.fold()
        last = course(seed=options.seed + 1, epochs=options.rounded_epochs, rate=_ROUNDED_RATE)
        averaged, more = last.run(averaged, rounded=True)
    return averaged, points + more


def _facts(
    options: argparse.Namespace,
    learned: Pictures,
    network: Detector,
    points: list[Point],
    minutes: float,
) -> dict[str, object]:
    return {
        "clips": options.clips,
        "pictures": len(learned.pixels),
        "epochs": [options.epochs, options.rounded_epochs],
        "seed": options.seed,
        "parameters": sum(each.numel() for each in network.parameters()),
        "minutes": round(minutes),
        "torch": torch.__version__,
        "curve": [asdict(point) for point in points],
    }


if __name__ == "__main__":
    main()
