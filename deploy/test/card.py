"""What is tried on a card that `edgeinfer flash` prepared: it is applied, and it publishes."""
# ruff: noqa: INP001

from __future__ import annotations

import platform
import re
import stat
import time
from pathlib import Path
from typing import Any

from asking import Pace, check, messages, run, show, wait_for

BOOT = Path("/boot/firmware")
_LOG = BOOT / "edgeinfer/first-boot.log"
_INSTALLER = "edgeinfer-first-boot.service"
# NetworkManager's own, or what netplan has made of cloud-init's.
_CONNECTIONS = ("/etc/NetworkManager/system-connections", "/run/NetworkManager/system-connections")
_INSTALL_S = 1800

Facts = dict[str, Any]


def the_card_is_applied() -> Facts:
    """Host, person, key and Wi-Fi; a person logs in with that key, and no password will do."""
    check(run("findmnt -n -o FSTYPE /boot/firmware").strip() == "vfat", "the card is no FAT")
    cloud_init = _cloud_init()
    check(platform.node() == "porch", f"the host is called {platform.node()}")
    log_in = "ssh -i /root/proof-key -o BatchMode=yes -o StrictHostKeyChecking=no ada@localhost"
    check(run(f"{log_in} id -un").strip() == "ada", "it is somebody else")
    run(f"{log_in} -o PubkeyAuthentication=no true", fine=(255,))
    return {**cloud_init, "wifi": _wifi()}


def _cloud_init() -> Facts:
    """Nothing on bookworm, where firstrun.sh has done it before this boot."""
    if not Path("/usr/bin/cloud-init").exists():
        check(not (BOOT / "firstrun.sh").exists(), "firstrun.sh was not run")
        left = re.findall(r"systemd\.\S+", (BOOT / "cmdline.txt").read_text())
        check(left == [], f"the kernel is still told {left}")
        return {"applied_by": "firstrun.sh"}
    # 2: done, with warnings: of `enable_ssh`, say, which is Raspberry Pi's alone.
    said = run("cloud-init status --wait --long", fine=(0, 2))
    check("status: done" in said, said)
    check("errors: []" in said, said)
    run("runuser -u ada -- sudo -n true")
    return {"applied_by": f"cloud-init {run('cloud-init --version 2>&1').split()[-1]}"}


def _wifi() -> str:
    """The file of the network that the card named, for root alone."""
    files = [path for folder in _CONNECTIONS for path in Path(folder).glob("*.nmconnection")]
    wireless = [path for path in files if "psk=" in path.read_text()]
    check(len(wireless) == 1, f"{len(wireless)} of {files} are a Wi-Fi with a key")
    mode = stat.S_IMODE(wireless[0].stat().st_mode)
    check(mode == 0o600, f"{wireless[0]} has the mode {mode:o}")
    return str(wireless[0])


def a_flashed_card_comes_up_publishing() -> Facts:
    """Installed from the wheels on it, without a network; nothing secret is left on it."""
    wait_for(_installed, _INSTALL_S)
    wait_for(lambda: show("ActiveState") == "active", _INSTALL_S)
    first_s = int(show("ActiveEnterTimestampMonotonic")) / 1e6
    Pace.start_s = first_s - int(show("ExecMainStartTimestampMonotonic")) / 1e6
    results = messages("result", 2)
    left = sorted(path.name for path in (BOOT / "edgeinfer").iterdir())
    check(left == ["edgeinfer-first-boot.service", "first-boot.log"], f"the card still has {left}")
    secret = Path("/etc/edgeinfer/secrets/mqtt-password")
    check(stat.S_IMODE(secret.stat().st_mode) == 0o600, "the secret is not root's alone")
    return {
        "power_on_to_first_result_s": round(first_s, 1),
        "uptime_s": round(time.clock_gettime(time.CLOCK_BOOTTIME), 1),
        "labels": sorted({found["label"] for each in results for found in each["findings"]}),
    }


def _installed() -> bool:
    log = _LOG.read_text() if _LOG.exists() else ""
    check("install.sh: " not in log or show_installer() != "failed", log)
    return "is installed" in log and not (BOOT / "edgeinfer/first-boot.sh").exists()


def show_installer() -> str:
    said = run(f"systemctl show {_INSTALLER} --property=SubState,Result")
    return "failed" if "Result=exit-code" in said else said
