"""The emulated machines: a root as an image, booted in QEMU, and what the guest says of itself."""
# ruff: noqa: INP001, T201

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

# A Zero 2 W has 426 MB for programs, once the firmware has taken its part of 512.
_ZERO_2_W = "mem=426M"
# Nothing is plugged in, and the emulated controller would take a processor by itself.
_NO_USB = "modprobe.blacklist=dwc2"
_LIMIT_S = 3600
_SILENCE_S = 1200
# Two boots: the first start of a card without cloud-init ends with a restart.
_BOOTS = 2

STEPS = {
    "virt": [
        "the_unit_becomes_active",
        "results_reach_mosquitto",
        "the_footprint_is_held",
        "a_zero_2_w_is_enough",
        "sigterm_ends_it_in_good_order",
        "the_model_sees_what_it_sees_on_x86_64",
        "check_inspect_and_bench_work",
        "a_camera_works_inside_the_sandbox",
        "a_hang_is_ended_by_the_watchdog",
        "an_upgrade_keeps_configuration_and_state",
    ],
    "raspi3b": [
        "the_unit_becomes_active",
        "results_reach_mosquitto",
        "the_footprint_is_held",
        "a_zero_2_w_is_enough",
        "sigterm_ends_it_in_good_order",
        "the_model_sees_what_it_sees_on_x86_64",
    ],
    "card": [
        "the_card_is_applied",
        "a_flashed_card_comes_up_publishing",
    ],
    # What of virt a change is most likely to break.
    "quick": [
        "the_unit_becomes_active",
        "results_reach_mosquitto",
        "a_zero_2_w_is_enough",
        "sigterm_ends_it_in_good_order",
        "the_model_sees_what_it_sees_on_x86_64",
    ],
}
WHOLE = ("virt", "card", "raspi3b")  # the longest first
_VIRT = "-M virt -cpu cortex-a72 -smp 2 -m 1024 -net none"
_CARD = "-device virtio-blk-device,drive=card"
# Four cores and 1 GB is what QEMU's Raspberry Pi 3 always has.
_MACHINE = {
    "virt": f"{_VIRT} {_CARD}",
    "quick": f"{_VIRT} {_CARD}",
    "raspi3b": "-M raspi3b -dtb {folder}/raspi3b.dtb",
    # The last one becomes vda.
    "card": f"{_VIRT} -device virtio-blk-device,drive=boot {_CARD}"
    " -drive if=none,id=boot,format=raw,file={folder}/boot.vfat",
}
_DRIVE = dict.fromkeys(STEPS, "if=none,id=card") | {"raspi3b": "if=sd"}
WORDS = {
    "virt": "console=ttyAMA0 root=/dev/vda rw quiet cloud-init=disabled",
    "quick": "console=ttyAMA0 root=/dev/vda rw quiet cloud-init=disabled",
    "raspi3b": "console=ttyAMA0,115200 root=/dev/mmcblk0 rw quiet cloud-init=disabled"
    f" {_ZERO_2_W} {_NO_USB}",
    "card": "console=ttyAMA0 root=/dev/vda rw quiet",
}
# The last one is QEMU's own, of Ctrl-C.
_HOPELESS = re.compile(
    rb"Kernel panic|initrd: no root|emergency mode|Out of memory: Killed.*|terminating on signal"
)
_STEP = re.compile(rb"PROOF (\{.*?\})\r?\n")


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
    """The lines that guest.py left on the card, which starts as it is for every machine.

    Its console and its journal are left beside, as KIND.log and KIND.journal.
    """
    copy = folder / f"{kind}.img"
    subprocess.run(["cp", "--sparse=always", card, copy], check=True)
    lines, log = "", folder / f"{kind}.log"
    log.unlink(missing_ok=True)
    for _ in range(_BOOTS):
        hopeful = _run(_command(folder, copy, kind), log)
        if (lines := _read(copy, "/var/lib/proof.jsonl")) or not hopeful:
            break
    (folder / f"{kind}.journal").write_text(_read(copy, "/var/lib/proof.journal"))
    copy.unlink()
    return [json.loads(line) for line in lines.splitlines()]


def _command(folder: Path, card: Path, kind: str) -> list[str]:
    words = f"{_words(folder, kind)} proof={','.join(STEPS[kind])}"
    qemu = ["qemu-system-aarch64", *_MACHINE[kind].format(folder=folder).split()]
    qemu += ["-nographic", "-no-reboot", "-kernel", f"{folder}/vmlinuz"]
    qemu += ["-initrd", f"{folder}/initrd", "-append", words]
    return [*qemu, "-drive", f"{_DRIVE[kind]},file={card},format=raw"]


def _words(folder: Path, kind: str) -> str:
    """Of a flashed card: as the firmware reads them, what is on it by now."""
    if kind != "card":
        return WORDS[kind]
    shown = ["mtype", "-i", f"{folder}/boot.vfat", "::cmdline.txt"]
    return subprocess.run(shown, capture_output=True, text=True, check=True).stdout.strip()


def _run(qemu: list[str], path: Path) -> bool:
    """To its end, or to where there is no hope (False); each step is printed as it is over."""
    with path.open("ab") as log, path.open("rb") as said:
        said.seek(0, os.SEEK_END)
        machine = subprocess.Popen(qemu, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            reason = _follow(machine, said, path.stem)
        finally:
            machine.kill()
            machine.wait()
    if reason:
        print(f"{path.stem}: ended: {reason}; see {path}", flush=True)
    return not reason


def _follow(machine: subprocess.Popen[bytes], said: Any, kind: str) -> str:
    began = heard = time.monotonic()
    text = b""
    while True:
        ended = machine.poll() is not None
        new = said.read()
        text = _print_steps(text + new, kind)
        now = time.monotonic()
        heard = now if new else heard
        if hopeless := _HOPELESS.search(text):
            return hopeless[0].decode(errors="replace")
        if ended:
            return f"QEMU's status {machine.returncode}" if machine.returncode else ""
        if now - heard > _SILENCE_S or now - began > _LIMIT_S:
            return f"nothing was heard for {now - heard:.0f} s, {now - began:.0f} s after its start"
        time.sleep(0.5)


def _print_steps(text: bytes, kind: str) -> bytes:
    """What comes after the last one."""
    for found in _STEP.findall(text):
        step = json.loads(found)
        verdict = "yes" if step["passed"] else f"NO: {step['error']}"
        name = step["step"].replace("_", " ")
        print(f"{kind:>7} {step['seconds']:>6.1f} s  {name}: {verdict}", flush=True)
    return _STEP.split(text)[-1]


def _read(card: Path, path: str) -> str:
    """A file of its file system; empty where there is none."""
    dump = ["debugfs", "-R", f"cat {path}", str(card)]
    return subprocess.run(dump, capture_output=True, text=True, check=True).stdout
