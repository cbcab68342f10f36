"""What 32 viewers of the dashboard cost the pipeline: frame rate and memory, with them and without.

One service runs COCO SSD on a drawn scene of 720p with a dashboard, as fast as the model can, and
then within a limit. In turn nobody looks for some seconds, then 32 viewers do (each a live picture
and the updates, as a page has), all on loopback and read by one process of their own. So the
machine's drift meets both. The figures are results a second of each turn, the processor time that
the whole service takes for one of them, and its resident memory at the end. The load of the machine
stands beside them: where other programs want all of its cores, the process that reads for the
viewers takes them from the model as well.

    python benchmarks/dashboard.py --out benchmarks/results/dashboard-x86_64
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

from machine import footer, provenance, write

VIEWERS = 32
MODEL = "coco_ssd_mobilenet_v1"
CAMERA_FPS = 90  # more than the model takes: so it is the model that sets the rate
PATHS = ("/api/v1/stream.mjpg?width={width}", "/api/v1/updates")


def look(port: int, viewers: int, width: int, seconds: float) -> None:
    """Open so many streams and updates, read all that comes, and say how many bytes that was."""
    waiting = selectors.DefaultSelector()
    for _ in range(viewers):
        for path in PATHS:
            ask = f"GET {path.format(width=width)} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            viewer = socket.create_connection(("127.0.0.1", port))
            viewer.sendall(ask.encode())
            viewer.setblocking(False)
            waiting.register(viewer, selectors.EVENT_READ)
    taken, ends_s = 0, time.monotonic() + seconds
    while time.monotonic() < ends_s:
        for key, _ in waiting.select(0.1):
            piece = key.fileobj.recv(1 << 20)  # type: ignore[union-attr] # a socket of ours
            if not piece or piece.startswith(b"HTTP/1.1 503"):
                sys.exit(f"a viewer was refused or dropped: {piece[:300]!r}")
            taken += len(piece)
    print(json.dumps({"bytes": taken}))


@contextmanager
def service(port: int, folder: Path, max_fps: float | None) -> Iterator[subprocess.Popen[bytes]]:
    limits = f"[limits]\nmax_fps = {max_fps}\n" if max_fps else ""
    file = folder / "edgeinfer.toml"
    file.write_text(
        f'model.name = "{MODEL}"\nmodel.threads = 1\n'
        '[source]\ntype = "synthetic"\nscene = "signs"\n'
        f"size = [1280, 720]\nfps = {CAMERA_FPS}\n{limits}"
        f'[[sink]]\ntype = "dashboard"\nport = {port}\nfolder = "{folder / "kept"}"\n'
    )
    command = [sys.executable, "-m", "edgeinfer", "run", "-c", str(file)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def status(port: int) -> dict[str, Any]:
    with urlopen(f"http://127.0.0.1:{port}/api/v1/status", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def results(port: int) -> int:
    """How many the dashboard was sent: it wants every result."""
    sinks = status(port)["sinks"]
    return int(sum(sink["delivered"] for sink in sinks if sink["name"].startswith("dashboard")))


def memory_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024 / 1e6


def cpu_s(pid: int) -> float:
    """User and system time of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def turn(port: int, pid: int, viewers: int, args: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, "--look", str(port), str(viewers), str(args.width)]
    command.append(str(args.seconds + 3))
    watching = subprocess.Popen(command, stdout=subprocess.PIPE) if viewers else None
    time.sleep(2)  # until all of them are there
    began_s, before, used_s = time.monotonic(), results(port), cpu_s(pid)
    time.sleep(args.seconds)
    count, lasted_s = results(port) - before, time.monotonic() - began_s
    used_s = cpu_s(pid) - used_s
    memory = memory_mb(pid)
    said = watching.communicate()[0] if watching else b'{"bytes": 0}'
    if not said:
        sys.exit("not all of the viewers were served; nothing is measured")
    return {
        "fps": count / lasted_s,
        "cpu_ms_per_result": used_s * 1000 / max(count, 1),
        "memory_mb": memory,
        "bytes": json.loads(said)["bytes"],
    }


def wait_until_ready(port: int) -> None:
    deadline_s = time.monotonic() + 60
    while time.monotonic() < deadline_s:
        try:
            if status(port)["fps"]:
                return
        except OSError:
            pass
        time.sleep(0.5)
    sys.exit("the service did not come up; see `edgeinfer run`")


def measure(args: argparse.Namespace, max_fps: float | None) -> dict[str, Any]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    rounds: list[dict[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as folder, service(port, Path(folder), max_fps) as process:
        wait_until_ready(port)
        for number in range(args.rounds):
            order = (VIEWERS, 0) if number % 2 else (0, VIEWERS)  # nobody first: the memory before
            turns = {viewers: turn(port, process.pid, viewers, args) for viewers in order}
            rounds.append({"none": turns[0], "viewers": turns[VIEWERS]})
            print(f"\r{number + 1}/{args.rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return {"max_fps": max_fps, "rounds": rounds, **summary(rounds)}


def summary(rounds: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    def of(who: str, what: str) -> list[float]:
        return [each[who][what] for each in rounds]

    pairs = [each["viewers"]["fps"] / each["none"]["fps"] for each in rounds]
    return {
        "fps": {who: median(of(who, "fps")) for who in ("none", "viewers")},
        "cpu_ms_per_result": {
            who: median(of(who, "cpu_ms_per_result")) for who in ("none", "viewers")
        },
        "ratio_of_medians": median(of("viewers", "fps")) / median(of("none", "fps")),
        "median_of_ratios": median(pairs),
        "ratios": sorted(pairs),
        "memory_mb": {
            "first": rounds[0]["none"]["memory_mb"],
            "last": rounds[-1]["none"]["memory_mb"],
            "most": max(*of("viewers", "memory_mb"), *of("none", "memory_mb")),
        },
        "megabytes": sum(of("viewers", "bytes")) / 1e6,
    }


def imports_mb() -> float:
    """What making a dashboard adds to the resident memory of a process that has the rest."""
    code = (
        "import os, edgeinfer.assembly, edgeinfer.runtime.service\n"
        "import edgeinfer.sinks.words, sqlite3\n"
        "pages = lambda: int(open('/proc/self/statm').read().split()[1])\n"
        "before = pages()\n"
        "import edgeinfer.sinks.dashboard.parts\n"
        "print((pages() - before) * os.sysconf('SC_PAGESIZE') / 1e6)\n"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    return median(runs)


def table(report: dict[str, Any]) -> str:
    lines = [
        (
            "| limit | fps, nobody looks | fps, 32 viewers | ratio | median of the rounds' ratios "
            "| CPU ms a result, none | CPU ms, 32 viewers | MB at first | most | at last "
            "| read by viewers, MB |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report["runs"]:
        limit = f"{row['max_fps']:g} fps" if row["max_fps"] else "none"
        fps, memory, cpu = row["fps"], row["memory_mb"], row["cpu_ms_per_result"]
        lines.append(
            f"| {limit} | {fps['none']:.2f} | {fps['viewers']:.2f} | {row['ratio_of_medians']:.3f} "
            f"| {row['median_of_ratios']:.3f} ({row['ratios'][0]:.3f} to {row['ratios'][-1]:.3f}) "
            f"| {cpu['none']:.1f} | {cpu['viewers']:.1f} | {memory['first']:.0f} "
            f"| {memory['most']:.0f} | {memory['last']:.0f} | {row['megabytes']:.0f} |"
        )
    before, after = report["load_before"], report["load_after"]
    lines += [
        "",
        f"Load of the machine: {before[0]:.1f} before, {after[0]:.1f} after.",
        "",
        f"Loading the dashboard's libraries: {report['imports_mb']:.1f} MB.",
    ]
    return "\n".join([*lines, *footer(report)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each turn")
    parser.add_argument("--width", type=int, default=640, help="of the picture that they look at")
    parser.add_argument("--max-fps", type=float, nargs="*", default=[10.0])
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md too")
    parser.add_argument("--look", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.look:
        port, viewers, width, seconds = args.look
        look(int(port), int(viewers), int(width), float(seconds))
        return
    load = os.getloadavg()
    runs = [measure(args, max_fps) for max_fps in (None, *args.max_fps)]
    report = {
        **provenance(),
        "load_before": load,
        "load_after": os.getloadavg(),
        "imports_mb": imports_mb(),
        "runs": runs,
    }
    print(table(report))
    write(args.out, report, table(report))


if __name__ == "__main__":
    main()
