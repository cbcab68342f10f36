"""What a step asks of the emulated machine, and what it does to the unit."""
# ruff: noqa: INP001

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATE = Path("/var/lib/edgeinfer")
CONFIGURATION = Path("/etc/edgeinfer/edgeinfer.toml")
# The last name wins; one in /etc with the same would hide it.
DROP_IN = Path("/run/systemd/system/edgeinfer.service.d/watchdog.conf")
AS_SERVICE = f"runuser -u edgeinfer -- env STATE_DIRECTORY={STATE}"
_LISTEN = "mosquitto_sub -u proof -P 'pröof \"1\"' -F '%t %p'"
_LEAST_PATIENCE_S = 180.0


class Pace:
    """How fast this machine is, by its first start: it may have little of a crowded one."""

    start_s = 0.0

    @classmethod
    def patience_s(cls) -> float:
        return max(_LEAST_PATIENCE_S, 8 * cls.start_s)


def wait_for(
    holds: Callable[[], bool],
    limit_s: float | None = None,
    how_it_is: Callable[[], str] | None = None,
) -> None:
    """`how_it_is`, of the unit unless it is told, gives up where there is no hope left."""
    limit_s = limit_s or Pace.patience_s()
    deadline = time.monotonic() + limit_s
    while not holds():
        state = (how_it_is or _unit)()
        check(time.monotonic() < deadline, f"not within {limit_s:.0f} s; it is {state}")
        time.sleep(0.5)


def _unit() -> str:
    state = show("ActiveState")
    check(state != "failed", f"the unit has failed: {show('Result')}")
    return state


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def run(command: str, fine: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * Pace.patience_s(),
    )
    check(done.returncode in fine, f"{command}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def messages(topic: str, count: int) -> list[dict[str, Any]]:
    """The next ones of that topic, as JSON; the reason, if they do not come."""
    command = f"{_LISTEN} -t 'edgeinfer/proof/{topic}' -C {count} -W {Pace.patience_s():.0f}"
    lines = run(command, fine=(0, 27)).splitlines()
    check(len(lines) == count, f"{len(lines)} of {count} messages came on {topic}")
    return [json.loads(line.partition(" ")[2]) for line in lines]


def status() -> str:
    """Retained by the broker: online, or offline."""
    return run(f"{_LISTEN} -t 'edgeinfer/proof/status' -C 1 -W 60").partition(" ")[2].strip()


def show(key: str) -> str:
    said = ["systemctl", "show", "edgeinfer", f"--property={key}", "--value"]
    return subprocess.run(said, capture_output=True, text=True, check=True).stdout.strip()


def pid() -> int:
    return int(show("MainPID"))


def exposure() -> str:
    said = run("systemd-analyze security edgeinfer --no-pager")
    return said.strip().splitlines()[-1].split(": ")[1].split()[0]


def kept() -> dict[str, str]:
    """The configuration, and what of the state a running service does not change by itself."""
    files = [CONFIGURATION, *STATE.glob("models/*"), STATE / "proof-marker"]
    return {str(path): run(f"sha256sum <{shlex.quote(str(path))}") for path in files}


def counted() -> int:
    """What the rule of the configuration has counted in all, as it outlives a restart."""
    return sum(json.loads(path.read_text())["total"] for path in STATE.glob("count-*.json"))


def meminfo_mb(key: str) -> int:
    text = Path("/proc/meminfo").read_text()
    return int(text.split(f"{key}:")[1].split()[0]) // 1024
