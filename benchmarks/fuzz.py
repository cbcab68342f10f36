"""Does a damaged model end as one line, whatever verb it is given to?

Two real models and two written ones, cut short, with bits flipped and with numbers of their tables
overwritten, go through `inspect`, `bench` and `run`. Each case is the verb itself in a process of
its own, so that a crash or a hang is seen as such. A model whose damage changes nothing that
matters is accepted, and that is right; a crash, a hang, a traceback or more than one line never is.
The same seed makes the same files.

    python benchmarks/fuzz.py --models FOLDER --picture FILE --out benchmarks/results/fuzz-x86_64
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from machine import footer, provenance, write

from edgeinfer.cli.progress import measuring
from edgeinfer.model import skeletons
from tests import fuzzing
from tests.fuzzing import ACCEPTED, FAMILIES, REFUSED, VERBS, Case

REAL = {"mobilenet_v1_0.25_128_quant": 1001, "coco_ssd_mobilenet_v1_1.0_quant": 90}
WRITTEN = {
    "mobilenet_v2_int8": (("mobilenet_v2", 0.25, 32, "int8"), 1001),
    "mobilenet_v1_uint8": (("mobilenet_v1", 0.25, 32, "uint8"), 1001),
}


def prepared(models: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each model in a folder of its own, and a file with as many labels as it has classes."""
    for name, count in REAL.items():
        path = _place(folder, name)
        shutil.copyfile(models / f"{name}.tflite", path)
        yield path, _labels(path, count)
    for name, (given, count) in WRITTEN.items():
        path = _place(folder, name)
        path.write_bytes(skeletons.write(*given))
        yield path, _labels(path, count)


def _place(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name / f"{name}.tflite"


def _labels(path: Path, count: int) -> Path:
    labels = path.with_name("labels.txt")
    labels.write_text("\n".join(f"label {number}" for number in range(count)))
    return labels


def tried(model: Path, labels: Path, source: Path, count: int, seed: int) -> Iterator[Case]:
    """The whole model through every verb, which all must take it; then the damaged ones."""
    words = {verb: fuzzing.words_of(verb, source, labels) for verb in VERBS}
    for verb in VERBS:
        case = fuzzing.try_out(verb, model, "whole", words[verb])
        assert case.outcome == ACCEPTED, case
    for family, mutant in fuzzing.mutants(model, count, seed):
        for verb in VERBS:
            yield fuzzing.try_out(verb, mutant, family, words[verb])
        mutant.unlink()


def table(report: dict[str, Any]) -> str:
    bad = sorted({case["outcome"] for case in report["cases"]} - {ACCEPTED, REFUSED})
    kinds = [ACCEPTED, REFUSED, *bad]
    lines = [
        f"| verb | damage | models | {' | '.join(kinds)} | longest |",
        f"|---|---|---:|{'---:|' * len(kinds)}---:|",
    ]
    for verb in VERBS:
        for family in FAMILIES:
            cases = [c for c in report["cases"] if (c["verb"], c["family"]) == (verb, family)]
            counts = Counter(case["outcome"] for case in cases)
            numbers = " | ".join(str(counts[kind]) for kind in kinds)
            longest_s = max(case["seconds"] for case in cases)
            lines.append(f"| {verb} | {family} | {len(cases)} | {numbers} | {longest_s:.1f} s |")
    return "\n".join([*lines, "", _summary(report, bad), *footer(report)])


def _summary(report: dict[str, Any], bad: list[str]) -> str:
    cases = report["cases"]
    models = sum(case["verb"] == "run" for case in cases)
    crashed = sum("crashed" in case["said"] for case in cases)
    slow = sum("does not end within" in case["said"] for case in cases)
    wrong = sum(case["outcome"] in bad for case in cases)
    return (
        f"{models} damaged models, each through every verb, in {report['minutes']:.0f} minutes. Of "
        f"the cases refused, {crashed} had crashed the process in which the model is tried, and "
        f"{slow} had hung it. Neither accepted nor refused in one line: {wrong}."
    )


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--models", type=Path, required=True)
    asked.add_argument("--picture", type=Path, required=True)
    asked.add_argument("--count", type=int, default=84, help="of each family, from each model")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    began_s = time.monotonic()
    cases: list[Case] = []
    with tempfile.TemporaryDirectory() as name, measuring() as on_step:
        folder = Path(name)
        os.environ["EDGEINFER_STATE"] = str(folder / "state")
        source = folder / "pictures"
        source.mkdir()
        shutil.copy(given.picture, source)
        fuzzing.warm_up()
        whole = 3 * 3 * given.count * (len(REAL) + len(WRITTEN))
        for model, labels in prepared(given.models, folder):
            for case in tried(model, labels, source, given.count, given.seed):
                cases.append(case)
                on_step(model.stem, len(cases) / whole)
    report = {
        **provenance(),
        "minutes": (time.monotonic() - began_s) / 60,
        "cases": [asdict(case) for case in cases],
    }
    text = table(report)
    print(text)
    write(given.out, report, text)
    return int(any(case.outcome not in (ACCEPTED, REFUSED) for case in cases))


if __name__ == "__main__":
    sys.exit(main())
