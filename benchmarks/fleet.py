"""How far one Mosquitto carries: memory for each device, time for each message, and a storm.

    python benchmarks/fleet.py --out benchmarks/results/fleet-x86_64      about two minutes

All devices are simulated in this process, over loopback, each with a connection, a will and a
subscription of its own, as the sink `mqtt` has them. The broker's time is that of its own process,
so it counts even where the machine is busy: the devices here cost more than the broker does.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from fleet_devices import RESULT, Fleet
from machine import footer, provenance, write
from outbox_broker import Broker

MEMORY = (0, 250, 500, 1000, 2000, 4000)
RATES = (250, 500, 1000, 2000, 4000)  # messages a second, of all devices together
SPEAKERS = 200
STORM = (250, 1000, 4000)
STORM_LIMIT_S = 120.0
ARRIVED_S = 30.0  # so long after the last one was sent, and what has not arrived is lost
FILES = 3  # for each device: its socket here, the broker's, and room for the rest


def memory(folder: Path) -> list[dict[str, Any]]:
    """Resident memory of the broker with so many devices that say nothing."""
    broker = Broker(folder)
    broker.start()
    rows = []
    with Fleet(broker.port) as fleet:
        for count in MEMORY:
            fleet.grow(count)
            fleet.settle()
            rows.append({"devices": count, "rss_kb": broker.rss_kb()})
    broker.stop()
    empty = rows[0]["rss_kb"]
    for row in rows[1:]:
        row["kb_per_device"] = round((row["rss_kb"] - empty) / row["devices"], 2)
    return rows


def rates(folder: Path, seconds: float) -> list[dict[str, Any]]:
    """What the broker takes and gives on, with two listeners to everything."""
    return [_rate(folder, rate, qos, seconds) for qos in (0, 1) for rate in RATES]


def _rate(folder: Path, rate: float, qos: int, seconds: float) -> dict[str, Any]:
    broker = Broker(folder)
    broker.start()
    with Fleet(broker.port) as fleet:
        fleet.grow(SPEAKERS)
        fleet.listen(2)
        fleet.settle()
        before_s, began_s = broker.cpu_s(), time.monotonic()
        fleet.speak(rate, qos, seconds)
        took_s = time.monotonic() - began_s
        fleet.run(lambda: fleet.heard == 2 * fleet.sent, ARRIVED_S)
        cpu_s = broker.cpu_s() - before_s
        sent, heard = fleet.sent, fleet.heard
    broker.stop()
    return {
        "asked / s": rate,
        "qos": qos,
        "sent / s": round(sent / took_s),
        "delivered share": round(heard / (2 * sent), 4),
        "broker busy": round(cpu_s / took_s, 3),
        "broker us / message": round(cpu_s / sent * 1e6, 1),
    }


def storms(folder: Path) -> list[dict[str, Any]]:
    """The broker is killed and started again: how long until the last device is back."""
    return [_storm(folder, count) for count in STORM]


def _storm(folder: Path, count: int) -> dict[str, Any]:
    broker = Broker(folder)
    broker.start()
    with Fleet(broker.port) as fleet:
        fleet.grow(count)
        fleet.settle()
        broker.kill()
        fleet.run(lambda: fleet.connected == 0, STORM_LIMIT_S)
        broker.start()
        began_s, tried = time.monotonic(), fleet.tries
        half_s = fleet.run(lambda: fleet.connected >= count / 2, STORM_LIMIT_S)
        fleet.run(lambda: fleet.connected == count, STORM_LIMIT_S)
        all_s, cpu_s = time.monotonic() - began_s, broker.cpu_s()
        back, tries = fleet.connected, fleet.tries - tried
    broker.stop()
    return {
        "devices": count,
        "back": back,
        "half back s": round(half_s, 1),
        "all back s": round(all_s, 1),
        "connections tried": tries,
        "broker cpu s": round(cpu_s, 2),
    }


def _table(rows: list[dict[str, Any]]) -> list[str]:
    names = list(max(rows, key=len))
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    return lines + [f"| {' | '.join(str(row.get(name, '')) for name in names)} |" for row in rows]


def text(report: dict[str, Any]) -> str:
    load, cores = report["load"], report["machine"]["cores"]
    about = f"Mosquitto {report['mosquitto']}; a result has {len(RESULT)} bytes"
    parts = [
        f"{about}; load of the machine at the start {load:.1f} on {cores} cores.",
        "",
        *_table(report["memory"]),
        "",
        f"{SPEAKERS} devices, two listeners to all of it:",
        "",
        *_table(report["rates"]),
        "",
        "The broker is killed and started again:",
        "",
        *_table(report["storms"]),
        "",
        *footer(report),
    ]
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each rate")
    parser.add_argument("--out", type=Path, help="write OUT.json and OUT.md")
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, FILES * max(MEMORY + STORM)), most))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load = Path("/proc/loadavg").read_text().split()[0]
        report = {
            **provenance(),
            "mosquitto": Broker(folder).version(),
            "load": float(load),
            "memory": memory(folder),
            "rates": rates(folder, given.seconds),
            "storms": storms(folder),
        }
    print(text(report))
    write(given.out, report, text(report))


if __name__ == "__main__":
    main()
