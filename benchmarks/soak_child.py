"""The service that `soak.py` torments: the real one, but for its camera, its engine and its rule.

It ends by itself after so many results. A line of JSON a second tells how it is; a file gets a line
for each event when `offer` has returned: its number, and the instant on the monotonic clock.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from typing import Any

from soak_parts import Camera, Echo, OneThing, SlowSink, Tick

from edgeinfer import plugins
from edgeinfer.core.contracts import Sensor
from edgeinfer.core.geometry import Placement
from edgeinfer.pipeline import Pipeline
from edgeinfer.runtime.record import Record
from edgeinfer.runtime.service import Service
from edgeinfer.sinks.jsonl import JsonlSink
from edgeinfer.sinks.mqtt import MqttSink

DEVICE = "soak"
_KEEPALIVE_S = 2  # a broker that is stopped is taken for gone within three


def sensors() -> list[Sensor]:
    names = [name for name in plugins.names("sensor") if name != "simulated"]
    found = [plugins.find("sensor", name) for name in names]
    return [sensor(sensor.Options()) for sensor in found]


def figures(camera: Camera, tick: Tick) -> dict[str, Any]:
    """From the kernel: resident memory, threads and descriptors of this process."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        "results": tick.results,
        "frames": camera.frames,
        "reopened": max(camera.opened - 1, 0),
        "resident_kb": int(lines["VmRSS"].split()[0]),
        "threads": int(lines["Threads"]),
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


def say(document: dict[str, Any]) -> None:
    os.write(1, (json.dumps(document) + "\n").encode())


def tell(camera: Camera, tick: Tick, over: Signal) -> None:
    while not over.wait(1.0):
        say(figures(camera, tick))


def stop_after(enough: Signal, service: Service) -> None:
    enough.wait()
    service.stop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--results", type=int)
    parser.add_argument("--every", type=int)
    parser.add_argument("--fps", type=float)
    parser.add_argument("--trouble-every", type=int)
    parser.add_argument("--first", type=int)
    args = parser.parse_args()
    logging.basicConfig(filename=args.folder / "log", format="%(asctime)s %(message)s")
    log = os.open(args.folder / "offered", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    camera = Camera(args.fps, args.trouble_every)
    enough = Signal()
    tick = Tick(args.every, args.first, args.results, log, enough.set)
    uri = f"mqtt://127.0.0.1:{args.port}"
    mqtt = MqttSink(MqttSink.Options(uri=uri, keepalive_s=_KEEPALIVE_S), DEVICE)
    lines = JsonlSink(JsonlSink.Options(path=str(args.folder / "pipe")), DEVICE)
    (state := args.folder / "state").mkdir(exist_ok=True)
    with Record(state) as record:
        record.begin()
        service = Service(
            camera,
            Pipeline("echo", lambda taken: (taken.pixels[None], Placement()), Echo(), OneThing()),
            [mqtt, lines, SlowSink()],
            rules=[tick],
            sensors=sensors(),
            health_s=1.0,
            state=state,
            record=record,
        )
        over = Signal()
        Thread(target=tell, args=(camera, tick, over), daemon=True).start()
        Thread(target=stop_after, args=(enough, service), daemon=True).start()
        report = service.run()
        over.set()
    tick.settle()
    sinks = {sink.name.partition(":")[0]: sink for sink in report.sinks}
    say({**figures(camera, tick), "kept": sinks["mqtt"].kept})
    os._exit(0)  # what a slow sink left behind need not be waited for


if __name__ == "__main__":
    main()
