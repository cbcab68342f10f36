"""Proof on the Pi's processor: an emulated 64-bit ARM machine, installed, booted and tried.

    python deploy/test/prove.py bookworm            as QEMU's virt, and as a Raspberry Pi 3
    python deploy/test/prove.py trixie --out FILE   the report as JSON; `report.py` makes its page

As root, on x86-64. The first time it takes longer: the root is built, and kept in
~/.cache/edgeinfer (or EDGEINFER_CACHE). EDGEINFER_MODELS and EDGEINFER_SHARED say where weights
and pictures are.
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import footprint
import machine

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("EDGEINFER_CACHE", Path.home() / ".cache/edgeinfer")) / "arm64"
SHARED = Path(os.environ.get("EDGEINFER_SHARED", ROOT.parent / "shared"))
MODELS = Path(os.environ.get("EDGEINFER_MODELS", SHARED / "models"))
MODEL = "coco_ssd_mobilenet_v1"
WEIGHTS = "coco_ssd_mobilenet_v1_1.0_quant.tflite"
PICTURES = ("cat_720p.jpg", "kite_and_cold.jpg", "parrot.jpg", "grace_hopper.bmp")
NEXT_VERSION = "9.0"


def prove(release: str, machines: list[str]) -> dict[str, Any]:
    clock = Stopwatch()
    with clock("root"):
        subprocess.run([HERE / "build-root", release], check=True)
    with clock("wheels"):
        wheels = _wheels(release)
    folder = CACHE / release
    with _copy_of(folder / "root") as root:
        with clock("goldens on x86-64"):
            _lay_out(root, wheels)
        with clock("install"):
            _install(root)
        sizes = footprint.of_installation(root, folder / "root")
        with clock("image"):
            image = machine.image(root, folder / "proof.img")
    report: dict[str, Any] = {"release": release, "date": time.strftime("%Y-%m-%d")}
    for kind in machines:
        with clock(kind):
            report[kind] = machine.boot(folder, image, kind)
    return report | {"qemu": machine.version(), "sizes": sizes, "seconds": clock.seconds}


class Stopwatch:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        print(f"{name} ...", flush=True)
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)


def _wheels(release: str) -> Path:
    """Of the next version, for the upgrade: the same code under a later number."""
    wheels = CACHE / release / "wheels"
    tree = CACHE / release / "next"
    shutil.rmtree(tree, ignore_errors=True)
    _checkout(tree)
    for name in ("pyproject.toml", "edgeinfer/__init__.py"):
        text = (tree / name).read_text(encoding="utf-8")
        later = re.sub(
            r'^((__)?version(__)? = )".*"', rf'\1"{NEXT_VERSION}"', text, flags=re.MULTILINE
        )
        (tree / name).write_text(later, encoding="utf-8")
    subprocess.run([tree / "deploy/wheels", release, wheels], check=True)
    return wheels


def _checkout(folder: Path) -> None:
    """As git would give it, with what is not committed yet."""
    folder.mkdir(parents=True)
    names = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(names, capture_output=True, check=True).stdout.split(b"\0")
    for name in (Path(os.fsdecode(name)) for name in listed if name):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


@contextmanager
def _copy_of(root: Path) -> Iterator[Path]:
    """What is changed in it is thrown away."""
    scratch = root.parent / "scratch"
    merged = scratch / "merged"
    _unmount(merged)
    shutil.rmtree(scratch, ignore_errors=True)
    for part in ("merged", "changed", "work"):
        (scratch / part).mkdir(parents=True)
    layers = f"lowerdir={root},upperdir={scratch}/changed,workdir={scratch}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, merged], check=True)
    try:
        yield merged
    finally:
        _unmount(merged)
        shutil.rmtree(scratch)


def _unmount(merged: Path) -> None:
    for path in (merged / "dev", merged / "proc", merged):
        if os.path.ismount(path):
            subprocess.run(["umount", path], check=True)


def _lay_out(root: Path, wheels: Path) -> None:
    """What a person has at home: the checkout, models and pictures; and what is to be tried."""
    home = root / "home/pi"
    _checkout(home / "edgeinfer")
    shutil.copytree(wheels.parent / "next", home / "next")
    shutil.copytree(wheels, home / "wheels")
    (home / "guest").mkdir()
    for name in ("guest.py", "asking.py", "goldens.py"):
        shutil.copy(HERE / name, home / "guest")
    shutil.copy(HERE / "proof.toml", home)
    (home / "pictures").mkdir()
    pictures = [SHARED / "images" / name for name in PICTURES]
    for picture in pictures:
        shutil.copy(picture, home / "pictures")
    with (home / "x86_64.json").open("w") as file:
        goldens = [sys.executable, HERE / "goldens.py", MODEL, *pictures]
        subprocess.run(
            goldens, stdout=file, env=os.environ | {"EDGEINFER_MODELS": str(MODELS)}, check=True
        )


def _install(root: Path) -> None:
    """By the network, from the checkout; the broker's password is a credential of the service."""
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    shutil.copy(certificates, root / "etc/ssl/certs")
    for name in ("proc", "dev"):
        subprocess.run(["mount", "--bind", f"/{name}", root / name], check=True)
    try:
        _inside(root, "bash /home/pi/edgeinfer/deploy/install.sh --config /home/pi/proof.toml")
        _inside(root, f"bash /home/pi/edgeinfer/deploy/test/guest-setup {WEIGHTS}", _weights())
    finally:
        for name in ("dev", "proc"):
            subprocess.run(["umount", root / name], check=True)


def _weights() -> bytes:
    return (MODELS / WEIGHTS).read_bytes()


def _inside(root: Path, command: str, given: bytes = b"") -> None:
    environment = {
        "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt",
    }
    command = f"exec {command}"
    subprocess.run(["chroot", root, "sh", "-c", command], env=environment, input=given, check=True)


def failures(report: dict[str, Any]) -> list[str]:
    steps = [(kind, step) for kind in machine.STEPS for step in report.get(kind, [])]
    failed = [
        f"{kind}: {step['step']}: {step['error']}" for kind, step in steps if not step["passed"]
    ]
    short = [
        kind
        for kind in machine.STEPS
        if kind in report and len(report[kind]) < len(machine.STEPS[kind])
    ]
    return failed + [f"{kind}: ended early; see {kind}.log in the cache" for kind in short]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", choices=["bookworm", "trixie"])
    parser.add_argument("--machine", choices=[*machine.STEPS], action="append")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    proof = prove(given.release, given.machine or list(machine.STEPS))
    text = json.dumps(proof, indent=2) + "\n"
    if given.out:
        given.out.write_text(text)
    print(text)
    print(f"{given.release} took {sum(proof['seconds'].values()):.0f} s")
    sys.exit("\n".join(failures(proof)) or 0)
