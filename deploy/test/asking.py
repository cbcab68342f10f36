"""What a step asks of the emulated machine, and what it does to the unit."""
# ruff: noqa: INP001

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

STATE = Path("/var/lib/edgeinfer")
CONFIGURATION = Path("/etc/edgeinfer/edgeinfer.toml")
_DROP_IN = Path("/run/systemd/system/edgeinfer.service.d/proof.conf")


def wait_for(holds: Callable[[], bool], limit_s: float = 400) -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        check(time.monotonic() < deadline, f"did not come true within {limit_s} s")
        time.sleep(0.5)


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def run(command: str, fine: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    check(done.returncode in fine, f"{command}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def show(key: str) -> str:
    return run(f"systemctl show edgeinfer --property={key} --value").strip()


def pid() -> int:
    return int(show("MainPID"))


def drop_in(*lines: str) -> None:
    """Settings of the unit until the next boot; none: the unit as it is."""
    _DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    _DROP_IN.write_text("\n".join(["[Service]", *lines, ""]))
    run("systemctl daemon-reload && systemctl restart edgeinfer")


def exposure() -> str:
    said = run("systemd-analyze security edgeinfer --no-pager")
    return said.strip().splitlines()[-1].split(": ")[1].split()[0]


def kept() -> dict[str, str]:
    """The configuration, and what of the state a running service does not change by itself."""
    files = [
        CONFIGURATION,
        *STATE.glob("models/*"),
        *STATE.glob("counts/*"),
        STATE / "proof-marker",
    ]
    return {
        str(path): run(f"sha256sum <{shlex.quote(str(path))}") for path in files if path.is_file()
    }


def meminfo_mb(key: str) -> int:
    text = Path("/proc/meminfo").read_text()
    return int(text.split(f"{key}:")[1].split()[0]) // 1024


def io_bytes() -> int:
    lines = Path(f"/proc/{pid()}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


def disk_bytes() -> int:
    disk = "vda" if Path("/sys/block/vda").exists() else "mmcblk0"
    return int(Path(f"/sys/block/{disk}/stat").read_text().split()[6]) * 512
