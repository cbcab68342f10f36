"""What edgeinfer takes of a small board: of its card, its memory, and the time to a first result.

    python benchmarks/footprint.py      a run of its own: COCO SSD on a drawn scene
    sudo /opt/edgeinfer/current/bin/python benchmarks/footprint.py --unit edgeinfer
                                        the service that runs on this Pi

Ends with 1 where a goal is missed. A megabyte is a million bytes here.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from machine import footer, provenance, write

MODEL = "coco_ssd_mobilenet_v1"
MOST_INSTALLED_MB = {"aarch64": 230, "x86_64": 350}  # OpenCV and LiteRT are larger for x86-64
MOST_RESIDENT_MB = 150
# Two small files, the record of the run and a rule's count, are written anew at most once a minute;
# and an event, where the broker is slow to acknowledge it.
MOST_BLOCKS_A_MINUTE = 8
_BLOCK_BYTES = 4096
EXTRAS = {"web": "for the sink dashboard", "metrics": "for the sink metrics"}
_LEAST_MB = 1.0

# Why each is there at all; what is not named here is small, or what another one asks for.
WHY = {
    "ai_edge_litert": "the interpreter, and its kernels; nothing smaller runs on Python 3.13",
    "edgeinfer": "this project, with its menu of models and the demo's detector",
    "ml_dtypes": "ai_edge_litert asks for it, and it is not loaded",
    "numpy": "frames and tensors; picamera2 asks for it, too",
    "opencv_python_headless": "cameras, streams, clips, resizing; half of it is FFmpeg",
    "paho_mqtt": "MQTT",
    "protobuf": "ai_edge_litert asks for it, and it is not loaded",
    "pydantic": "the configuration, with every problem named in one pass",
    "pydantic_core": "the same",
    "pygments": "rich asks for it, and a service does not load it",
    "rich": "tables and bars at a terminal; a service does not load it",
}


def installed() -> dict[str, float]:
    """MB of each distribution that edgeinfer asks for without its extras, the largest first."""
    sizes = {_name(each): _size_bytes(each) for each in _closure([distribution("edgeinfer")])}
    return {name: _mb(size) for name, size in sorted(sizes.items(), key=lambda item: -item[1])}


def extras(without: Collection[str]) -> dict[str, float]:
    """MB that each extra of a sink adds to those, where it is installed."""
    edgeinfer = distribution("edgeinfer")
    sizes = {
        extra: sum(_size_bytes(each) for each in _closure(more) if _name(each) not in without)
        for extra in EXTRAS
        if (more := list(_required(edgeinfer, extra)))
    }
    return {extra: _mb(size) for extra, size in sizes.items()}


def _closure(whole: Iterable[Distribution]) -> Iterator[Distribution]:
    found, wanted = set(), list(whole)
    while wanted:
        each = wanted.pop()
        if _name(each) in found:
            continue
        found.add(_name(each))
        wanted += _required(each)
        yield each


def _required(by: Distribution, extra: str = "") -> Iterator[Distribution]:
    for requirement in by.requires or ():
        _, _, of_extra = requirement.partition("extra == ")
        if of_extra.strip("'\"") == extra and (name := re.match(r"[\w.-]+", requirement)):
            try:
                yield distribution(name[0])
            except PackageNotFoundError:  # one for another system
                continue


def _name(each: Distribution) -> str:
    return re.sub(r"[-_.]+", "_", each.name).lower()


def _size_bytes(each: Distribution) -> int:
    """With the bytecode, wherever it was compiled."""
    files = {Path(str(path.locate())) for path in each.files or ()}
    if not any(path.suffix == ".py" for path in files):
        # A checkout, or Debian's: neither has a list of its files.
        found = find_spec(_name(each))
        files = set(Path(found.origin).parent.rglob("*")) if found and found.origin else set()
    compiled = {Path(cache_from_source(str(path))) for path in files if path.suffix == ".py"}
    return sum(path.stat().st_size for path in files | compiled if path.is_file())


class Process:
    """What the kernel says of it."""

    def __init__(self, pid: int) -> None:
        self._proc = Path(f"/proc/{pid}")

    def resident_mb(self, key: str = "VmRSS") -> float:
        status = (self._proc / "status").read_text()
        return _mb(int(re.findall(rf"{key}:\s+(\d+)", status)[0]) << 10)

    def written_bytes(self) -> int:
        """To files on a disk, at once or later; not to pipes, and not to memory."""
        return int(re.findall(r"\nwrite_bytes: (\d+)", (self._proc / "io").read_text())[0])


def measured(process: Process, seconds: float) -> dict[str, Any]:
    before = process.written_bytes()
    time.sleep(seconds)
    written = process.written_bytes() - before
    return {
        "resident_mb": process.resident_mb(),
        "resident_peak_mb": process.resident_mb("VmHWM"),
        "watched_s": seconds,
        "written_blocks": written // _BLOCK_BYTES,
        "written_kb_per_hour": round(written * 3.6 / seconds),
    }


def _disk_bytes() -> int:
    """What was written to the disk that has the root, by anybody; 0 where it cannot be told."""
    device = Path("/").stat().st_dev
    stat = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")
    return int(stat.read_text().split()[6]) * 512 if stat.exists() else 0


def of_unit(name: str, seconds: float) -> dict[str, Any]:
    keys = ("MainPID", "ActiveEnterTimestampMonotonic", "ExecMainStartTimestampMonotonic")
    words = ["systemctl", "show", name, *(f"--property={key}" for key in keys)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    pid, active_us, started_us = (int(re.findall(rf"{key}=(\d+)", said)[0]) for key in keys)
    disk = _disk_bytes()
    facts = measured(Process(pid), seconds)
    os.sync()
    return {
        "boot_to_first_result_s": round(active_us / 1e6, 1),
        "start_to_first_result_s": round((active_us - started_us) / 1e6, 1),
        **facts,
        "system_written_kb_per_hour": round((_disk_bytes() - disk) * 3.6 / seconds),
    }


def of_own(seconds: float) -> dict[str, Any]:
    """As the service runs it, but with lines of JSON in the place of a broker."""
    began = time.perf_counter()
    with _running() as run:
        assert run.stdout
        if not run.stdout.readline():
            sys.exit("no result came; edgeinfer said why")
        first_s = time.perf_counter() - began
        process = Process(run.pid)
        facts = measured(process, seconds)
        run.terminate()
        frames = 1 + sum(1 for _ in run.stdout)
    return {"start_to_first_result_s": round(first_s, 2), **facts, "frames": frames}


@contextmanager
def _running() -> Iterator[subprocess.Popen[bytes]]:
    words = ["--source", "synthetic:signs", "--model", MODEL, "--sink", "jsonl:-"]
    command = [sys.executable, "-m", "edgeinfer", "run", *words, "--max-fps", "10"]
    with TemporaryDirectory() as state:
        environment = os.environ | {"EDGEINFER_STATE": state}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as run:
            yield run


def missed(sizes: dict[str, float], service: dict[str, Any]) -> list[str]:
    minutes = service["watched_s"] // 60 + 1
    goals = (
        ("MB installed", sum(sizes.values()), MOST_INSTALLED_MB[platform.machine()]),
        ("MB resident at most", service["resident_peak_mb"], MOST_RESIDENT_MB),
        ("blocks written", service["written_blocks"], MOST_BLOCKS_A_MINUTE * minutes),
    )
    return [f"{what}: {is_:.0f}, goal {goal:.0f}" for what, is_, goal in goals if is_ > goal]


def table(report: dict[str, Any]) -> str:
    sizes = report["sizes"]
    large = {name: mb for name, mb in sizes.items() if mb >= _LEAST_MB}
    rest = sum(sizes.values()) - sum(large.values())
    lines = ["| installed | MB | why |", "|---|---|---|"]
    lines += [f"| {name} | {mb:.1f} | {WHY.get(name, '')} |" for name, mb in large.items()]
    lines += [f"| {len(sizes) - len(large)} others | {rest:.1f} | |"]
    goal = MOST_INSTALLED_MB[platform.machine()]
    lines += [f"| **all** | **{sum(sizes.values()):.1f}** | goal {goal} |"]
    more = report["extras"].items()
    lines += [f"| edgeinfer[{extra}] | {mb:.1f} more | {EXTRAS[extra]} |" for extra, mb in more]
    lines += [""]
    lines += ["| while it detects | |", "|---|---|"]
    lines += [f"| {key} | {value} |" for key, value in report["service"].items()]
    lines += ["", "; ".join(report["missed"]) or "every goal is held"]
    return "\n".join(lines)


def _mb(size_bytes: int) -> float:
    return round(size_bytes / 1e6, 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--unit", help="the service that is looked at [a run of its own]")
    parser.add_argument("--seconds", type=float, default=60, help="to watch it for")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write FILE.json and FILE.md")
    given = parser.parse_args()
    sizes = installed()
    service = of_unit(given.unit, given.seconds) if given.unit else of_own(given.seconds)
    found = {"sizes": sizes, "extras": extras(sizes), "service": service}
    found |= {"missed": missed(sizes, service)}
    report = {**provenance(), **found}
    shown = table(report)
    print(json.dumps(report) if given.json else shown)
    write(given.out, report, "\n".join([shown, *footer(report)]))
    return 1 if report["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
