"""Is anything lost, and does anything leak, while everything fails that can?

The real service runs with a fast camera that fails in five ways, an engine that does nothing, a
rule that makes an event every few frames, and three sinks: MQTT with its durable outbox, a pipe
whose reader rests, and one that is slow and away now and then. Its Mosquitto is killed, stopped and
frozen again and again; with `--kills`, so is the service itself (SIGKILL). A subscriber counts what
arrives. An event is due if `offer` had returned a second before a kill: none of these may be
missing.

Memory, threads and descriptors: the most in the second fifth of the results (by then all faults
have happened) and the most in the last fifth.

    python benchmarks/soak.py --out benchmarks/results/soak-x86_64
    python benchmarks/soak.py --frames 100000 --kills 20 --out benchmarks/results/soak-kills-x86_64
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any

from machine import footer, provenance, write
from soak_faults import Broker, SlowReader, Subscriber, Troubles

CHILD = Path(__file__).with_name("soak_child.py")
COMMIT_S = 1.0
"""What the durable outbox promises: older than this at a kill, and it arrives."""
NEVER_KILLED_S = float("inf")
_LAST_LIVES = 20
MEASURED = ("resident_kb", "threads", "descriptors")


class Lives:
    """The processes of the service, one after the other, and what they made."""

    def __init__(self, folder: Path, port: int, args: Any) -> None:
        self.samples: list[dict[str, Any]] = []
        self.ages_s: dict[int, float] = {}  # of each event, at the end of its process
        self.killed = self.frames = self.results = self.reopened = 0
        self._killed_s = 0.0
        self._log = folder / "offered"
        self._log.touch()
        self._read_bytes = 0
        self._words = [sys.executable, str(CHILD), str(folder), str(port)]
        self._words += [f"--every={args.every}", f"--fps={args.fps}"]
        self._words += [f"--trouble-every={args.trouble_every}"]

    def live(self, results: int, kill_after_s: float | None = None) -> int:
        """One life; how many events it left for the next, if it was not killed."""
        first = max(self.ages_s, default=-1) + 2  # one number may be of an event half offered
        words = [*self._words, f"--results={results}", f"--first={first}"]
        timer = None
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            if kill_after_s is not None:
                timer = Timer(kill_after_s, self._kill, (process,))
                timer.start()
            assert process.stdout is not None
            samples = [self._sample(line) for line in process.stdout]
        if timer:
            timer.cancel()
        if process.returncode not in (0, -9):
            sys.exit("the service failed")
        return self._take_in(samples, self._killed_s, killed=process.returncode != 0)

    def _kill(self, process: subprocess.Popen[str]) -> None:
        self._killed_s = time.monotonic()  # before it: an event must not look older than it was
        process.kill()

    def _sample(self, line: str) -> dict[str, Any]:
        sample: dict[str, Any] = {**json.loads(line), "at_s": time.monotonic()}
        if sys.stderr.isatty():
            print(f"\r{self.results + sample['results']} results", end="", file=sys.stderr)
        return sample

    def _take_in(self, samples: list[dict[str, Any]], ended_s: float, *, killed: bool) -> int:
        last = samples[-1] if samples else {"results": 0, "frames": 0, "reopened": 0}
        self.samples = max(self.samples, samples, key=len)
        self.killed += killed
        self.results += last["results"]
        self.frames += last["frames"]
        self.reopened += last["reopened"]
        for seq, at_s in self._offered():
            self.ages_s[seq] = ended_s - at_s if killed else NEVER_KILLED_S
        return int(last.get("kept", 0))

    def _offered(self) -> list[tuple[int, float]]:
        """Number of the event, and when `offer` had returned."""
        with self._log.open("rb") as file:
            file.seek(self._read_bytes)
            data = file.read()
        self._read_bytes += len(data)
        rows = (line.split() for line in data.splitlines())
        return [(int(seq), int(ns) / 1e9) for seq, ns in rows]


def run(folder: Path, args: Any) -> dict[str, Any]:
    random = Random(args.seed)  # noqa: S311 - chance, no secret
    began_s = time.monotonic()
    broker = Broker(folder)
    broker.start()
    subscriber = Subscriber(broker.port)
    broker.remember_sessions()
    reader = SlowReader(folder / "pipe", rest_every_lines=args.frames // 10)
    lives = Lives(folder, broker.port, args)
    troubles = Troubles(broker, subscriber, args.calm_s, args.away_s, args.seed)
    for _ in range(args.kills):
        lives.live(args.frames, random.uniform(2, 2 * args.life_s))
    kept = lives.live(max(args.frames - lives.results, 1000))
    troubles.end()
    for _ in range(_LAST_LIVES):
        if not kept:
            break
        kept = lives.live(1000)
    subscriber.end()
    broker.end()
    return {
        "seconds": round(time.monotonic() - began_s),
        "frames": lives.frames,
        "results": lives.results,
        **counted(subscriber.arrived, lives.ages_s),
        "other events delivered": subscriber.others,
        "camera reopened": lives.reopened,
        **{f"broker {kind}": count for kind, count in troubles.counts.items()},
        "service killed": lives.killed,
        "lines through the pipe": reader.lines,
        "lines that are not whole": reader.broken,
        **growth(lives.samples, troubles.ended),
    }


def counted(arrived: list[int], ages_s: dict[int, float]) -> dict[str, Any]:
    once = list(dict.fromkeys(arrived))
    due = {seq for seq, age_s in ages_s.items() if age_s >= COMMIT_S}
    lost = set(ages_s) - set(once)
    return {
        "events made": len(ages_s),
        "events due": len(due),
        "events delivered": len(set(once) & set(ages_s)),
        "events repeated": len(arrived) - len(once),
        "events due and lost": len(due & lost),
        "events lost within a second of a kill": len(lost - due),
        "oldest lost, s before the kill": round(max((ages_s[seq] for seq in lost), default=0.0), 3),
        "in order": all(a < b for a, b in pairwise(once)),
    }


def growth(samples: list[dict[str, Any]], outages: list[tuple[float, float]]) -> dict[str, Any]:
    """Of the longest life."""
    last = samples[-1]["results"] if samples else 0
    early = [s for s in samples if 0.2 * last <= s["results"] < 0.4 * last]
    late = [s for s in samples if s["results"] >= 0.8 * last]
    if not early or not late:
        return {}
    facts: dict[str, Any] = {}
    for name in MEASURED:
        warm, end = (max(sample[name] for sample in part) for part in (early, late))
        facts |= {f"{name} warm": warm, f"{name} at the end": end}
    return {**facts, **tenths(samples, outages)}


def tenths(samples: list[dict[str, Any]], outages: list[tuple[float, float]]) -> dict[str, Any]:
    """A leak goes on from tenth to tenth; what an outage longer than all before needs does not."""
    last = samples[-1]["results"] + 1
    memory_kb, away_s = [0] * 10, [0.0] * 10
    for sample in samples:
        part = sample["results"] * 10 // last
        memory_kb[part] = max(memory_kb[part], sample["resident_kb"])
    for ended_s, lasted_s in outages:
        done = [s["results"] for s in samples if s["at_s"] <= ended_s]
        part = done[-1] * 10 // last if done else 0
        away_s[part] = max(away_s[part], round(lasted_s, 1))
    return {
        "resident kb, most in each tenth": memory_kb,
        "broker away, longest in each tenth, s": away_s,
    }


def table(report: dict[str, Any]) -> str:
    lines = ["| | |", "|---|---:|"]
    lines += [f"| {key.replace('_', ' ')} | {value} |" for key, value in report["soak"].items()]
    return "\n".join([*lines, *footer(report)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=1_000_000, help="results to make")
    parser.add_argument("--fps", type=float, default=3000, help="of the camera")
    parser.add_argument("--every", type=int, default=20, help="results to an event")
    parser.add_argument("--trouble-every", type=int, default=36_000, help="frames of the camera")
    parser.add_argument("--calm-s", type=float, default=10, help="between two faults of the broker")
    parser.add_argument("--away-s", type=float, default=8, help="at most, for each of them")
    parser.add_argument("--kills", type=int, default=0, help="of the service")
    parser.add_argument("--life-s", type=float, default=8, help="in the mean, of one to be killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md too")
    parser.add_argument("--folder", type=Path, help="keep what the service leaves there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = args.folder or Path(name)
        folder.mkdir(exist_ok=True)
        report = {**provenance(), "soak": run(folder, args)}
    print(table(report))
    write(args.out, report, table(report))
    if report["soak"]["events due and lost"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
