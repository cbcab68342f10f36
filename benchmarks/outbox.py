"""What the durable outbox survives, and what it writes.

Kills: a process makes events for a broker that is away and is killed with SIGKILL at random
moments; the next one goes on where it was. Then a real Mosquitto comes, the process is killed some
times more while it delivers, and a subscriber counts what arrives. "Due" are the events whose
`offer` had returned `commit_s` before the kill: none of these may be missing.

Writes: the bytes of /proc/self/io and the fsyncs (by strace, where there is one) for each event,
with the broker there and away.

    python benchmarks/outbox.py --out benchmarks/results/outbox-x86_64
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from machine import footer, provenance, write
from outbox_broker import Broker, Subscriber

CHILD = Path(__file__).with_name("outbox_child.py")
NEVER_KILLED_S = float("inf")


def command(port: int, folder: Path, **options: Any) -> list[str]:
    words = [sys.executable, str(CHILD), str(folder / "events.sqlite3"), str(port)]
    return words + [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]


def live(words: list[str], log: Path, life_s: float | None) -> float:
    """One life of the process; it ends by itself, or by SIGKILL so long after its first word.

    Returns the instant of its end, on the monotonic clock.
    """
    log.touch()
    before = log.stat().st_size
    with log.open("ab") as out, subprocess.Popen(words, stdout=out) as process:
        if life_s is None:
            if process.wait() != 0:
                sys.exit("the process failed")
            return time.monotonic()
        while log.stat().st_size == before and process.poll() is None:
            time.sleep(0.001)
        time.sleep(life_s)
        ended_s = time.monotonic()
        process.send_signal(signal.SIGKILL)
    return ended_s


def offered(log: Path) -> dict[int, float]:
    """Sequence number to the instant at which `offer` had returned."""
    lines = (line.split() for line in log.read_text().splitlines())
    return {int(seq): int(ns) / 1e9 for seq, ns in lines if seq != "begun"}


def survive(folder: Path, args: Any) -> dict[str, Any]:
    random = Random(args.seed)  # noqa: S311 - chance, no secret
    broker, log = Broker(folder), folder / "offered"
    shortest_s, longest_s = 0.1 * args.commit_s, 5 * args.commit_s
    rate = args.events / (args.kills * (shortest_s + longest_s) / 2) if args.kills else 0
    ages_s: dict[int, float] = {}
    known: dict[int, float] = {}
    for number in range(args.kills + args.kills_delivering + 1):
        last = number == args.kills + args.kills_delivering
        if number == args.kills:
            broker.start()
            subscriber = Subscriber(broker.port)
        first = max(known, default=-1) + 1
        options = {"first": first, "end": args.events, "rate": rate, "commit_s": args.commit_s}
        if number >= args.kills:
            options["rate"] = 0  # what is left, at once
        life_s = None if last else random.uniform(shortest_s, longest_s)
        ended_s = live(command(broker.port, folder, **options), log, life_s)
        new = {seq: at_s for seq, at_s in offered(log).items() if seq not in known}
        ages_s |= {seq: NEVER_KILLED_S if last else ended_s - at_s for seq, at_s in new.items()}
        known |= new
        print(f"\r{number + 1} lives, {len(known)} events", end="", file=sys.stderr)
    print(file=sys.stderr)
    subscriber.end()
    broker.stop()
    return judged(subscriber.arrived, ages_s, args)


def judged(arrived: list[tuple[int, str]], ages_s: dict[int, float], args: Any) -> dict[str, Any]:
    """`ages_s` of each event: how long before the end of its process `offer` had returned."""
    once = list(dict.fromkeys(arrived))
    seqs = [seq for seq, _ in once]
    due = {seq for seq, age_s in ages_s.items() if age_s >= args.commit_s}
    lost = set(ages_s) - set(seqs)
    return {
        "kills": args.kills,
        "kills_delivering": args.kills_delivering,
        "commit_s": args.commit_s,
        "offered": len(ages_s),
        "due": len(due),
        "arrived": len(once),
        "due_lost": len(due & lost),
        "lost_within_interval": len(lost - due),
        "oldest_lost_s": round(max((ages_s[seq] for seq in lost), default=0.0), 3),
        "repeated": len(arrived) - len(once),
        "in_order": all(a < b for a, b in pairwise(seqs)),
    }


def count_syncs(summary: str) -> int:
    """Of strace's table: the calls stand fourth."""
    rows = (line.split() for line in summary.splitlines())
    return sum(int(row[3]) for row in rows if row and row[-1] in {"fsync", "fdatasync"})


def writes(folder: Path, name: str, rate: float, events: int, *, away: bool) -> dict[str, Any]:
    """What one life writes for each event."""
    folder = folder / name.replace(" ", "-").replace(",", "")
    folder.mkdir()
    broker = Broker(folder)
    if not away:
        broker.start()
    # The file is made once in a device's life: that is not counted.
    subprocess.run(
        command(broker.port, folder, first=0, end=0, rate=0), stdout=subprocess.DEVNULL, check=True
    )
    counts = folder / "strace"
    strace = shutil.which("strace")
    words = command(broker.port, folder, first=0, end=events, rate=rate, patience_s=1.5 * away)
    if strace:
        words = [strace, "-f", "-qq", "-c", "-e", "fsync,fdatasync", "-o", str(counts), *words]
    done = subprocess.run([*words, "--report"], stdout=subprocess.PIPE, check=True)
    broker.stop()
    report = json.loads(done.stdout.splitlines()[-1])
    syncs = count_syncs(counts.read_text()) if strace else None
    return {"case": name, "events": events, "rate": rate, "fsyncs": syncs, **report}


def table(report: dict[str, Any]) -> str:
    kills = report["kills"]
    lines = ["| | |", "|---|---|"]
    lines += [f"| {key.replace('_', ' ')} | {value} |" for key, value in kills.items()]
    lines += ["", "| case | events | bytes written / event | fsyncs | fsyncs / event |"]
    lines += ["|---|---|---|---|---|"]
    for row in report["writes"]:
        syncs, count = row["fsyncs"], row["events"]
        shown = ("?", "?") if syncs is None else (syncs, f"{syncs / count:.4f}")
        per_event = row["write_bytes"] / count
        lines.append(f"| {row['case']} | {count} | {per_event:.0f} | {shown[0]} | {shown[1]} |")
    return "\n".join([*lines, *footer(report)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20, help="while the broker is away")
    parser.add_argument("--kills-delivering", type=int, default=3, help="once it is there")
    parser.add_argument("--commit-s", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills-only", action="store_true", help="measure no writes")
    parser.add_argument("--folder", type=Path, help="for the files: on the disk to measure")
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md too")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        (folder / "kills").mkdir()
        report = {**provenance(), "kills": survive(folder / "kills", args), "writes": []}
        if not args.kills_only:
            report["writes"] = [
                writes(folder, "broker there, 20 a second", 20, 200, away=False),
                writes(folder, "away, 1 a second", 1, 20, away=True),
                writes(folder, "away, 20 a second", 20, 200, away=True),
                writes(folder, "away, 1000 a second", 1000, 5000, away=True),
            ]
    print(table(report))
    write(args.out, report, table(report))


if __name__ == "__main__":
    main()
