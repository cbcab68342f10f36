"""The process that `outbox.py` kills: makes events, and delivers them from a durable outbox."""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
from pathlib import Path
from threading import Thread

import numpy as np

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Event, Result, Timing
from edgeinfer.runtime.delivery import Delivery
from edgeinfer.runtime.durable import DurableOutbox
from edgeinfer.sinks.mqtt import MqttSink

PREFIX, DEVICE = "edgeinfer", "outbox"
BASE_TOPIC = f"{PREFIX}/{DEVICE}"


def event(seq: int) -> Event:
    frame = Frame(np.empty((0, 0, 3), np.uint8), seq, time.monotonic_ns(), time.time_ns(), "door")
    found = (Detection("person", 0.9, Box(0, 0, 1, 1)),)
    result = Result(frame, "coco_ssd_mobilenet_v1", found, Timing(0, 0, 0, 0))
    return Event("door", "started", result, {"label": "person", "seen_s": 1.5})


def say(text: str) -> None:
    """Written at once and whole, so that a kill does not take it back."""
    os.write(1, f"{text}\n".encode())


def make(outbox: DurableOutbox, first: int, end: int, rate: float) -> None:
    """`rate` events a second; 0: at once, but no faster than they can be kept."""
    for seq in range(first, end):
        outbox.offer(event(seq))
        say(f"{seq} {time.monotonic_ns()}")
        time.sleep(1 / rate if rate else 0.0002)


def written_bytes() -> int:
    lines = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(lines["write_bytes"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--first", type=int)
    parser.add_argument("--end", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--commit-s", type=float, default=1.0)
    parser.add_argument("--patience-s", type=float, default=5.0)
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args()
    logging.disable(logging.WARNING)  # that the broker is away is what is measured
    sink = MqttSink(MqttSink.Options(uri=f"mqtt://127.0.0.1:{args.port}", prefix=PREFIX), DEVICE)
    outbox = DurableOutbox(args.path, 1000, commit_s=args.commit_s)
    before = written_bytes()
    sender = Thread(target=Delivery(sink, outbox, args.patience_s), daemon=True)
    say("begun 0")
    sender.start()
    make(outbox, args.first, args.end, args.rate)
    outbox.close()
    sender.join()
    if args.report:
        figures = {"write_bytes": written_bytes() - before, "delivered": outbox.delivered}
        say(json.dumps({**figures, "kept": outbox.kept, "dropped": outbox.dropped}))


if __name__ == "__main__":
    main()
