"""The emulated machines: a root as an image, booted in QEMU, and what the guest says of itself."""
# ruff: noqa: INP001

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

# A Zero 2 W has 426 MB for programs, once the firmware has taken its part of 512.
_ZERO_2_W = "mem=426M"
_LIMIT_S = 2400

STEPS = {
    "virt": [
        "the_unit_becomes_active",
        "results_reach_mosquitto",
        "the_model_sees_what_it_sees_on_x86_64",
        "memory_stays_small",
        "nothing_is_written_per_frame",
        "check_inspect_and_bench_work",
        "a_hang_is_ended_by_the_watchdog",
        "sigterm_ends_it_in_good_order",
        "an_upgrade_keeps_configuration_and_state",
        "a_camera_works_inside_the_sandbox",
    ],
    "raspi3b": [
        "the_unit_becomes_active",
        "results_reach_mosquitto",
        "the_model_sees_what_it_sees_on_x86_64",
        "memory_stays_small",
    ],
}
# Four cores and 1 GB is what QEMU's Raspberry Pi 3 always has.
_MACHINE = {
    "virt": "-M virt -cpu cortex-a72 -smp 2 -m 1024 -device virtio-blk-device,drive=card -net none",
    "raspi3b": "-M raspi3b -dtb {folder}/raspi3b.dtb",
}
_DRIVE = {"virt": "if=none,id=card", "raspi3b": "if=sd"}
_KERNEL = {
    "virt": "console=ttyAMA0 root=/dev/vda",
    "raspi3b": f"console=ttyAMA0,115200 root=/dev/mmcblk0 {_ZERO_2_W}",
}


def version() -> str:
    said = subprocess.run(
        ["qemu-system-aarch64", "--version"], capture_output=True, text=True, check=True
    )
    return said.stdout.split()[3]


def image(root: Path, path: Path) -> Path:
    """A card of 4 GB; the size has to be a power of two for the SD slot."""
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(4 << 30)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, path], check=True)
    return path


def boot(folder: Path, card: Path, kind: str) -> list[dict[str, Any]]:
    """The lines that guest.py left on the card, which starts as it is for every machine."""
    copy = folder / f"{kind}.img"
    subprocess.run(["cp", "--sparse=always", card, copy], check=True)
    words = f"{_KERNEL[kind]} rw quiet cloud-init=disabled systemd.unit=multi-user.target"
    words += f" proof={','.join(STEPS[kind])}"
    qemu = ["qemu-system-aarch64", *_MACHINE[kind].format(folder=folder).split()]
    qemu += [
        "-nographic",
        "-no-reboot",
        "-kernel",
        f"{folder}/vmlinuz",
        "-initrd",
        f"{folder}/initrd",
    ]
    qemu += ["-append", words, "-drive", f"{_DRIVE[kind]},file={copy},format=raw"]
    with (folder / f"{kind}.log").open("wb") as log:
        try:
            subprocess.run(
                qemu, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=_LIMIT_S, check=True
            )
        except subprocess.TimeoutExpired:
            log.write(f"\nended after {_LIMIT_S} s\n".encode())
    dump = ["debugfs", "-R", "cat /var/lib/proof.jsonl", str(copy)]
    said = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    copy.unlink()
    return [json.loads(line) for line in said.splitlines()]
