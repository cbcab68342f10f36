"""Damaged models, and what a verb of the command says of each.

A case is the verb itself, in a process that was forked once everything is imported: a crash or a
hang is seen as what it is, and costs no start of Python.

    python -m tests.fuzzing FOLDER COUNT VERB…

writes a small model and COUNT damaged ones of each family into FOLDER, and prints a line of JSON
for each case.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

VERBS = ("inspect", "bench", "run")
HANGS_S = 90.0  # the probe has 30 s, and a verb may take its time before and after

ACCEPTED, REFUSED = "accepted", "refused in one line"

# What a reader of lengths and offsets trips over, beside what chance gives.
_ODD = (0, 1, 4, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, 0xFFFF_FFFF)

Mutate = Callable[[bytes, Sequence[int], random.Random], bytes]
"""(model, the positions that are no weights, chance) -> a damaged model."""


def truncated(data: bytes, structure: Sequence[int], chance: random.Random) -> bytes:
    """Half of them within the tables, wherever in the file they lie."""
    return data[: chance.choice((chance.randrange(len(data)), chance.choice(structure)))]


def flipped(data: bytes, structure: Sequence[int], chance: random.Random) -> bytes:
    """One to eight bits; mostly of tables, as a bit of a weight is no damage to the structure."""
    mutant = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        anywhere = chance.random() < 0.1
        position = chance.randrange(len(data)) if anywhere else chance.choice(structure)
        mutant[position] ^= 1 << chance.randrange(8)
    return bytes(mutant)


def overwritten(data: bytes, structure: Sequence[int], chance: random.Random) -> bytes:
    """One to four numbers of the tables: offsets, lengths, indices, shapes."""
    mutant = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        position = chance.choice(structure) & ~3
        value = chance.choice((chance.choice(_ODD), chance.randrange(1 << 32), len(data)))
        mutant[position : position + 4] = value.to_bytes(4, "little")
    return bytes(mutant[: len(data)])


FAMILIES: dict[str, Mutate] = {
    "truncated": truncated,
    "bits flipped": flipped,
    "offsets overwritten": overwritten,
}


@dataclass(frozen=True, slots=True)
class Case:
    """`outcome` is ACCEPTED, REFUSED, or what should never be; `said` the first line of it."""

    verb: str
    family: str
    model: str
    outcome: str
    said: str
    seconds: float


def structure(data: bytes) -> list[int]:
    """The positions of a model's bytes that are not the content of its buffers."""
    from edgeinfer.model.flatbuffer import schema

    model = schema.Model.GetRootAs(data, 0)
    free = bytearray(b"\1") * len(data)
    for number in range(model.BuffersLength()):
        table = model.Buffers(number)._tab
        if field := table.Offset(4):
            start = table.Vector(field)
            free[start : start + table.VectorLen(field)] = bytes(table.VectorLen(field))
    return [position for position, is_free in enumerate(free) if is_free]


def mutants(path: Path, count: int, seed: int = 0) -> Iterator[tuple[str, Path]]:
    """Family and file of each, `count` of each family, beside the model."""
    data = path.read_bytes()
    positions = structure(data)
    for family, mutate in FAMILIES.items():
        chance = random.Random(f"{seed} {path.name} {family}")  # noqa: S311 - to be repeated
        for number in range(count):
            mutant = path.with_name(f"{path.stem}-{family.replace(' ', '-')}-{number}.tflite")
            mutant.write_bytes(mutate(data, positions, chance))
            yield family, mutant


def try_out(verb: str, model: Path, family: str, words: Sequence[str]) -> Case:
    """`words` are what the verb needs besides the model."""
    began_s = time.monotonic()
    with (model.parent / "said").open("w+b") as said:
        status = _forked([verb, *words, *_naming(verb, model)], said.fileno())
        said.seek(0)
        text = said.read().decode(errors="replace")
    outcome = _outcome(status, text)
    first = text.strip().partition("\n")[0].replace(str(model), "MODEL")
    return Case(verb, family, model.name, outcome, first, round(time.monotonic() - began_s, 2))


def _naming(verb: str, model: Path) -> list[str]:
    return ["--model", str(model)] if verb == "run" else [str(model)]


def _outcome(status: int | None, said: str) -> str:
    """Standard error of a verb that has done its work is its own business."""
    if status is None:
        return "hang"
    if status < 0:
        return f"crash ({signal.Signals(-status).name})"
    if "Traceback (most recent call last)" in said:
        return "traceback"
    if status == 0:
        return ACCEPTED
    lines = said.splitlines()
    return REFUSED if len(lines) == 1 and lines[0].startswith("edgeinfer: ") else "several lines"


def _forked(words: Sequence[str], error: int) -> int | None:
    """The exit status of `edgeinfer WORDS`, negative for a signal; None: it had to be ended."""
    pid = os.fork()
    if pid == 0:
        _become(words, error)
    deadline_s = time.monotonic() + HANGS_S
    while time.monotonic() < deadline_s:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _become(words: Sequence[str], error: int) -> None:
    from edgeinfer.cli import main

    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(error, 2)
        sys.argv = ["edgeinfer", *words]
        main()
    except SystemExit as ended:
        status = int(ended.code or 0)
    except BaseException:  # noqa: BLE001 - a forked process must not go on as its parent
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def words_of(verb: str, source: Path, labels: Path | None = None) -> list[str]:
    if verb == "bench":
        return ["--quick", "--no-save", "--runs", "1", "--threads", "1"]
    if verb == "run":
        given = ["--labels", str(labels)] if labels else []
        return ["--source", str(source), "--threads", "1", *given]
    return []


def warm_up() -> None:
    """Everything that the verbs import, before the first fork."""
    import ai_edge_litert.interpreter  # noqa: F401
    import rich.table  # noqa: F401

    import edgeinfer.assembly
    import edgeinfer.cli.bench
    import edgeinfer.cli.inspect
    import edgeinfer.cli.run
    import edgeinfer.model.cost
    import edgeinfer.runtime.service
    import edgeinfer.sinks.jsonl
    import edgeinfer.sources.folder
    import edgeinfer.tools.bench  # noqa: F401


def main() -> None:
    folder, count, *verbs = sys.argv[1:]
    import numpy as np

    from edgeinfer import picture
    from edgeinfer.model import skeletons

    model, labels, pictures = (Path(folder) / name for name in ("m.tflite", "labels", "pictures"))
    model.write_bytes(skeletons.write("mobilenet_v2", 0.25, 32, "int8"))
    labels.write_text("\n".join(f"label {number}" for number in range(1001)))
    pictures.mkdir()
    picture.save(pictures / "grey.png", np.full((32, 32, 3), 128, np.uint8))
    warm_up()
    found = [("whole", model), *mutants(model, int(count))]
    for verb in verbs:
        for family, path in found:
            case = try_out(verb, path, family, words_of(verb, pictures, labels))
            sys.stdout.write(json.dumps(asdict(case)) + "\n")
            sys.stdout.flush()  # a fork would write what waits once more


if __name__ == "__main__":
    main()
