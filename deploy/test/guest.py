"""What is tried inside the emulated machine, as root, once it has booted; ends by switching it off.

    python3 guest.py OUT STEP...        the steps, by the names of their functions

OUT gets a line of JSON for each step: whether it held, how long it took, and what was measured.
Python's own library alone: this runs with the system's Python, not with edgeinfer's.
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from asking import (
    CONFIGURATION,
    STATE,
    check,
    disk_bytes,
    drop_in,
    exposure,
    io_bytes,
    kept,
    meminfo_mb,
    pid,
    run,
    show,
    wait_for,
)

HOME = Path("/home/pi")
MODEL = "coco_ssd_mobilenet_v1"
LISTEN = "mosquitto_sub -u proof -P 'pröof \"1\"' -F '%t %p'"
AS_SERVICE = f"runuser -u edgeinfer -- env STATE_DIRECTORY={STATE}"
MOST_RESIDENT_MB = 150
ZERO_2_W_MB = 200  # what is left to one service of the 426 MB that a Zero 2 W has for programs

Facts = dict[str, Any]


def the_unit_becomes_active() -> Facts:
    """READY comes after the first result, so this is boot to first result."""
    wait_for(lambda: show("ActiveState") == "active")
    first_s = int(show("ActiveEnterTimestampMonotonic")) / 1e6
    began_s = int(show("ExecMainStartTimestampMonotonic")) / 1e6
    return {
        "boot_to_first_result_s": round(first_s, 1),
        "start_to_first_result_s": round(first_s - began_s, 1),
        "python": run("/opt/edgeinfer/current/bin/python --version").split()[1],
        "kernel": os.uname().release,
        "memory_total_mb": meminfo_mb("MemTotal"),
        "exposure": exposure(),
    }


def results_reach_mosquitto() -> Facts:
    lines = run(f"{LISTEN} -t 'edgeinfer/proof/result' -C 3 -W 120").splitlines()
    messages = [json.loads(line.partition(" ")[2]) for line in lines]
    numbers = [message["seq"] for message in messages]
    labels = {finding["label"] for message in messages for finding in message["findings"]}
    check(len(messages) == 3, f"{len(messages)} of 3 results came")
    check(numbers == sorted(set(numbers)), f"out of order: {numbers}")
    status = run(f"{LISTEN} -t 'edgeinfer/proof/status' -C 1 -W 20")
    check("online" in status, f"the retained status is {status}")
    return {
        "labels": sorted(labels),
        "invoke_ms": [round(message["timing_ms"]["invoke"]) for message in messages],
    }


def the_model_sees_what_it_sees_on_x86_64() -> Facts:
    pictures = " ".join(str(path) for path in sorted((HOME / "pictures").iterdir()))
    out = HOME / "arm64.json"
    python = f"{AS_SERVICE} /opt/edgeinfer/current/bin/python {HOME}/guest/goldens.py"
    run(f"{python} {MODEL} {pictures} >{out}")
    done = subprocess.run(
        ["sh", "-c", f"{python} --compare {HOME}/x86_64.json {out}"],
        capture_output=True,
        text=True,
        check=False,
    )
    check(done.returncode == 0, done.stdout + done.stderr)
    return dict(json.loads(done.stdout))


def memory_stays_small() -> Facts:
    """While it detects; the limit of the cgroup is a Zero 2 W's, and nothing is killed for it."""
    drop_in(f"MemoryMax={ZERO_2_W_MB}M", "MemorySwapMax=0")
    results_reach_mosquitto()
    status = Path(f"/proc/{pid()}/status").read_text()
    resident = {
        key: int(value) // 1024 for key, value in re.findall(r"(VmRSS|VmHWM):\s+(\d+)", status)
    }
    group = Path("/sys/fs/cgroup/system.slice/edgeinfer.service")
    events = dict(line.split() for line in (group / "memory.events").read_text().splitlines())
    peak = group / "memory.peak"  # since Linux 5.19
    check(resident["VmRSS"] <= MOST_RESIDENT_MB, f"{resident['VmRSS']} MB are resident")
    check(events["oom_kill"] == "0", f"killed for memory: {events}")
    check((group / "memory.max").read_text().strip() == str(ZERO_2_W_MB << 20), "no limit is set")
    drop_in()
    return {
        "resident_mb": resident["VmRSS"],
        "resident_peak_mb": resident["VmHWM"],
        "memory_limit_mb": ZERO_2_W_MB,
        "limit_reached": int(events["max"]),
        "cgroup_peak_mb": int(peak.read_text()) >> 20 if peak.exists() else None,
    }


def nothing_is_written_per_frame() -> Facts:
    """Of the service's own writes while frames flow, whatever else the system writes."""
    seconds = 60
    run(f"{LISTEN} -t 'edgeinfer/proof/result' -C 1 -W 120")
    before, disk = io_bytes(), disk_bytes()
    lines = run(f"{LISTEN} -t 'edgeinfer/proof/result' -W {seconds}", fine=(0, 27)).splitlines()
    run("sync")
    written, all_written = io_bytes() - before, disk_bytes() - disk
    check(lines != [], "no frame in that time")
    check(written <= 4096 * 4, f"{written} bytes in {len(lines)} frames")
    return {
        "frames": len(lines),
        "service_bytes_per_hour": written * 3600 // seconds,
        "disk_bytes_per_hour": all_written * 3600 // seconds,
    }


def check_inspect_and_bench_work() -> Facts:
    verbs = {
        "check": "edgeinfer check --json",
        "inspect": f"edgeinfer inspect {MODEL} --json",
        "bench": f"edgeinfer bench {MODEL} --quick --runs 5 --json --no-save",
    }
    said = {name: json.loads(run(f"{AS_SERVICE} {verb}")) for name, verb in verbs.items()}
    failing = [line["name"] for line in said["check"]["lines"] if line["state"] == "fail"]
    check(not failing, f"check fails: {failing}")
    return {"check_lines": len(said["check"]["lines"]), "inspect_keys": len(said["inspect"])}


def a_camera_works_inside_the_sandbox() -> Facts:
    """The kernel's test camera, opened by the group video and the unit's list of devices."""
    run("modprobe vivid n_devs=1 node_types=0x1")
    wait_for(lambda: Path("/dev/video0").exists())
    before = CONFIGURATION.read_text()
    source = '[source]\ntype = "v4l2"\ndevice = "/dev/video0"\n\n'
    CONFIGURATION.write_text(re.sub(r"(?s)\[source\].*?\n\n", source, before))
    try:
        run("systemctl restart edgeinfer")
        line = run(f"{LISTEN} -t 'edgeinfer/proof/result' -C 1 -W 120")
        seen = run(f"nsenter -t {pid()} -m -- ls /home/pi", fine=(0, 2))
    finally:
        CONFIGURATION.write_text(before)
        run("systemctl restart edgeinfer")
    check(json.loads(line.partition(" ")[2])["source"] == "/dev/video0", line)
    check(seen == "", f"the service sees {seen}")
    return {"camera": "vivid, as /dev/video0"}


def a_hang_is_ended_by_the_watchdog() -> Facts:
    drop_in("WatchdogSec=20", "TimeoutAbortSec=5")
    first, restarts = pid(), int(show("NRestarts"))
    began = time.monotonic()
    os.kill(first, signal.SIGSTOP)
    wait_for(lambda: int(show("NRestarts")) > restarts, 300)
    wait_for(lambda: show("ActiveState") == "active", 300)
    check(pid() != first, "it is still the same process")
    results_reach_mosquitto()
    back_s = time.monotonic() - began
    said = run("journalctl -u edgeinfer --no-pager -o cat")
    check("Watchdog timeout" in said, "the journal knows nothing of a watchdog")
    drop_in()
    return {"watchdog_s": 20, "hang_to_results_s": round(back_s, 1)}


def sigterm_ends_it_in_good_order() -> Facts:
    began = time.monotonic()
    run("systemctl stop edgeinfer")
    stopped_s = time.monotonic() - began
    check(show("Result") == "success", show("Result"))
    check(show("ExecMainStatus") == "0", show("ExecMainStatus"))
    status = run(f"{LISTEN} -t 'edgeinfer/proof/status' -C 1 -W 20")
    check("online" not in status, f"the retained status is {status}")
    run("systemctl start edgeinfer")
    return {"stop_s": round(stopped_s, 2)}


def an_upgrade_keeps_configuration_and_state() -> Facts:
    before = kept()
    began = time.monotonic()
    run(f"bash {HOME}/next/deploy/install.sh --offline {HOME}/wheels")
    upgrade_s = time.monotonic() - began
    check(show("ActiveState") == "active", "the new version does not run")
    check(kept() == before, "something else is kept")
    version = run("edgeinfer --version").split()[-1]
    check(version.endswith("9.0"), f"it is still {version}")
    check(
        len(list(Path("/opt/edgeinfer/releases").iterdir())) == 1, "the old release is still there"
    )
    results_reach_mosquitto()
    return {"version": version, "upgrade_s": round(upgrade_s, 1)}


def main(out: Path, names: list[str]) -> None:
    for name in names:
        began, facts, error = time.monotonic(), {}, ""
        try:
            facts = globals()[name]()
        except Exception as problem:  # noqa: BLE001 - whatever it is, it stands in the report
            error = f"{type(problem).__name__}: {problem}"
            error += "\n" + run("journalctl -u edgeinfer --no-pager -n 25 -o short-monotonic")
        seconds = round(time.monotonic() - began, 1)
        line = {"step": name, "passed": not error, "seconds": seconds, **facts, "error": error}
        print(f"PROOF {json.dumps(line)}", flush=True)
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")
    os.sync()
    subprocess.run(["systemctl", "poweroff"], check=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
