"""What is tried inside the emulated machine, as root, once it has booted; ends by switching it off.

    python3 guest.py OUT STEP...        the steps, by the names of their functions

OUT gets a line of JSON for each step: whether it held, how long it took, and what was measured.
After one that fails the others are tried all the same, but not after the first: it is the boot.
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
    AS_SERVICE,
    CONFIGURATION,
    DROP_IN,
    Pace,
    check,
    counted,
    exposure,
    kept,
    meminfo_mb,
    messages,
    pid,
    run,
    show,
    status,
    wait_for,
)
from card import a_flashed_card_comes_up_publishing, the_card_is_applied

HOME = Path("/home/pi")
PROOF = Path("/srv/proof")
MODEL = "coco_ssd_mobilenet_v1"
PYTHON = "/opt/edgeinfer/current/bin/python"
ZERO_2_W_MB = 200  # what is left to one service of the 426 MB that a Zero 2 W has for programs
JOURNAL = Path("/var/lib/proof.journal")
_FIRST_START_S = 1500

Facts = dict[str, Any]


def the_unit_becomes_active() -> Facts:
    """READY comes after the first result, so this is boot to first result."""
    wait_for(lambda: show("ActiveState") == "active" or show("NRestarts") != "0", _FIRST_START_S)
    check(show("NRestarts") == "0", "the first start did not come to a result")
    first_s = int(show("ActiveEnterTimestampMonotonic")) / 1e6
    Pace.start_s = first_s - int(show("ExecMainStartTimestampMonotonic")) / 1e6
    return {
        "boot_to_first_result_s": round(first_s, 1),
        "start_to_first_result_s": round(Pace.start_s, 1),
        "python": run(f"{PYTHON} --version").split()[1],
        "kernel": os.uname().release,
        "systemd": run("systemctl --version").split()[1],
        "exposure": exposure(),
    }


def results_reach_mosquitto() -> Facts:
    results = messages("result", 2)
    numbers = [result["seq"] for result in results]
    check(numbers == sorted(set(numbers)), f"out of order: {numbers}")
    check(status() == "online", f"the retained status is {status()}")
    return {
        "labels": sorted({finding["label"] for each in results for finding in each["findings"]}),
        "invoke_ms": [round(result["timing_ms"]["invoke"]) for result in results],
    }


def the_footprint_is_held() -> Facts:
    """By the benchmark that anybody may run on a Pi; it ends with 1 where a goal is missed."""
    script = HOME / "edgeinfer/benchmarks/footprint.py"
    said = run(f"{PYTHON} {script} --unit edgeinfer --seconds 30 --json", fine=(0, 1))
    report = json.loads(said)
    check(not report["missed"], "; ".join(report["missed"]))
    return {"sizes": report["sizes"], **report["service"]}


def a_zero_2_w_is_enough() -> Facts:
    """The cgroup's limit since the boot, files that it reads among it; nothing is killed for it."""
    group = Path("/sys/fs/cgroup/system.slice/edgeinfer.service")
    events = dict(line.split() for line in (group / "memory.events").read_text().splitlines())
    check(events["oom_kill"] == "0", f"killed for memory: {events}")
    check((group / "memory.max").read_text().strip() == str(ZERO_2_W_MB << 20), "no limit is set")
    check(show("NRestarts") == "0", "it was started anew meanwhile")
    peak = group / "memory.peak"  # since Linux 5.19
    return {
        "memory_total_mb": meminfo_mb("MemTotal"),
        "memory_available_mb": meminfo_mb("MemAvailable"),
        "memory_limit_mb": ZERO_2_W_MB,
        "limit_reached": int(events["max"]),
        "cgroup_peak_mb": int(peak.read_text()) >> 20 if peak.exists() else None,
    }


def sigterm_ends_it_in_good_order() -> Facts:
    began = time.monotonic()
    run("systemctl stop edgeinfer")
    stopped_s = time.monotonic() - began
    check(show("Result") == "success", show("Result"))
    check(show("ExecMainStatus") == "0", show("ExecMainStatus"))
    check(status() == "offline", f"the retained status is {status()}")
    return {"stop_s": round(stopped_s, 2)}


def the_model_sees_what_it_sees_on_x86_64() -> Facts:
    pictures = " ".join(str(path) for path in sorted((PROOF / "pictures").iterdir()))
    out = PROOF / "arm64.json"
    goldens = f"{AS_SERVICE} {PYTHON} {PROOF}/goldens.py"
    run(f"{goldens} {MODEL} {PROOF}/inputs {pictures} >{out}")
    said = run(f"{goldens} --compare {PROOF}/x86_64.json {out}", fine=(0, 1))
    apart = json.loads(said)
    check(not apart["reference_differs"] and not apart["default_unmatched"], said)
    return dict(apart)


def check_inspect_and_bench_work() -> Facts:
    verbs = {
        "check": "edgeinfer check --json",
        "inspect": f"edgeinfer inspect {MODEL} --json",
        "bench": f"edgeinfer bench {MODEL} --quick --runs 3 --json --no-save",
    }
    said = {name: json.loads(run(f"{AS_SERVICE} {verb}")) for name, verb in verbs.items()}
    failing = [line["name"] for line in said["check"]["lines"] if line["state"] == "fail"]
    check(not failing, f"check fails: {failing}")
    return {"check_lines": len(said["check"]["lines"]), "macs": said["inspect"]["macs"]}


def a_camera_works_inside_the_sandbox() -> Facts:
    """The kernel's test camera, opened by the group video and the unit's list of devices."""
    run("modprobe vivid n_devs=1 node_types=0x1")
    run("udevadm settle")
    check(Path("/dev/video0").exists(), "the kernel has no /dev/video0")
    CONFIGURATION.write_text((PROOF / "camera.toml").read_text())
    # The time that a hang may take is this machine's: it has to be well above one run of the model.
    watchdog_s = round(max(20, Pace.start_s))
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    DROP_IN.write_text(f"[Service]\nWatchdogSec={watchdog_s}\n")
    run("systemctl daemon-reload; systemctl start edgeinfer")
    came = messages("result", 1)[0]["source"]
    seen = run(f"nsenter -t {pid()} -m -- ls /home/pi", fine=(0, 2))
    check(came == "/dev/video0", f"the result is of {came}")
    check(seen == "", f"the service sees {seen}")
    return {"camera": "vivid, as /dev/video0"}


def a_hang_is_ended_by_the_watchdog() -> Facts:
    first, restarts = pid(), int(show("NRestarts"))
    check(first > 0, "it does not run")
    began = time.monotonic()
    os.kill(first, signal.SIGSTOP)
    wait_for(lambda: int(show("NRestarts")) > restarts and show("ActiveState") == "active")
    check(pid() != first, "it is still the same process")
    messages("result", 1)
    back_s = time.monotonic() - began
    said = run("journalctl -u edgeinfer --no-pager -o cat")
    check("Watchdog timeout" in said, "the journal knows nothing of a watchdog")
    limit = re.findall(r"Watchdog timeout \(limit (.*?)\)", said)[-1]
    return {"watchdog": limit, "hang_to_results_s": round(back_s, 1)}


def an_upgrade_keeps_configuration_and_state() -> Facts:
    before, had = kept(), counted()
    began = time.monotonic()
    run(f"bash {HOME}/next/deploy/install.sh --offline {HOME}/wheels")
    upgrade_s = time.monotonic() - began
    check(show("ActiveState") == "active", "the new version does not run")
    check(kept() == before, "something else is kept")
    check(counted() >= had, f"{counted()} of {had} are still counted")
    version = run("edgeinfer --version").split()[-1]
    check(version.endswith("9.0"), f"it is still {version}")
    releases = list(Path("/opt/edgeinfer/releases").iterdir())
    check(len(releases) == 1, "the old release is still there")
    messages("result", 1)
    return {"version": version, "upgrade_s": round(upgrade_s, 1)}


STEPS = {
    step.__name__: step
    for step in (
        the_unit_becomes_active,
        results_reach_mosquitto,
        the_footprint_is_held,
        a_zero_2_w_is_enough,
        sigterm_ends_it_in_good_order,
        the_model_sees_what_it_sees_on_x86_64,
        check_inspect_and_bench_work,
        a_camera_works_inside_the_sandbox,
        a_hang_is_ended_by_the_watchdog,
        an_upgrade_keeps_configuration_and_state,
        the_card_is_applied,
        a_flashed_card_comes_up_publishing,
    )
}


def tried(name: str) -> dict[str, Any]:
    began, facts, error = time.monotonic(), {}, ""
    try:
        facts = STEPS[name]()
    except Exception as problem:  # noqa: BLE001 - whatever it is, it stands in the report
        error = f"{type(problem).__name__}: {problem}\n{said_of_late()}"
    seconds = round(time.monotonic() - began, 1)
    return {"step": name, "passed": not error, "seconds": seconds, **facts, "error": error}


def said_of_late() -> str:
    words = ["journalctl", "-u", "edgeinfer", "--no-pager", "-n", "8", "-o", "short-monotonic"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def main(out: Path, names: list[str]) -> None:
    for name in names:
        line = tried(name)
        print(f"PROOF {json.dumps(line)}", flush=True)
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")
        if not line["passed"] and name == names[0]:
            break
    journal = ["journalctl", "--no-pager", "-b", "-o", "short-monotonic"]
    with JOURNAL.open("w") as file:
        subprocess.run(journal, stdout=file, check=False)
    os.sync()
    subprocess.run(["systemctl", "poweroff"], check=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
