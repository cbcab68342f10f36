"""Proof on the Pi's processor: an emulated 64-bit ARM machine, installed, booted and tried.

    python deploy/test/prove.py bookworm            as QEMU's virt, a Raspberry Pi 3, a flashed card
    python deploy/test/prove.py trixie --out FILE   the report as JSON; `report.py` makes its page
    python deploy/test/prove.py bookworm --machine quick    a part of it, for each change

As root, on x86-64. The first time it takes longer: a root is built, and edgeinfer installed in it.
Both are kept in ~/.cache/edgeinfer (or EDGEINFER_CACHE); later runs lay today's edgeinfer over
them, and today's install.sh is run in the guest. EDGEINFER_MODELS and EDGEINFER_SHARED say where
weights and pictures are.
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import flashed
import machine
import packages
from roots import entered, inside, layered

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("EDGEINFER_CACHE", Path.home() / ".cache/edgeinfer")) / "arm64"
SHARED = Path(os.environ.get("EDGEINFER_SHARED", ROOT.parent / "shared"))
MODELS = Path(os.environ.get("EDGEINFER_MODELS", SHARED / "models"))
MODEL = "coco_ssd_mobilenet_v1"
WEIGHTS = "coco_ssd_mobilenet_v1_1.0_quant.tflite"
PICTURES = ("cat_720p.jpg", "kite_and_cold.jpg", "parrot.jpg", "grace_hopper.bmp")
NEXT_VERSION = "9.0"
_AT_ONCE = 2
# What of the checkout decides what install.sh leaves beside edgeinfer itself.
INSTALLED_BY = ("pyproject.toml", "deploy/install.sh", "systemd")


def prove(release: str, machines: list[str]) -> dict[str, Any]:
    clock = Stopwatch()
    folder = CACHE / release
    with clock("root"):
        subprocess.run([HERE / "build-root", release], check=True)
    with clock("wheels"):
        _wheels(release)
    with clock("install"):
        installed = _installed(folder)
    images = dict.fromkeys(machines, folder / "proof.img")
    came: dict[str, float] = {}
    if set(machines) != {"card"}:
        with clock("image"):
            came = _image(folder, installed)
    if "card" in machines:
        with clock("flash"):
            images["card"] = _card(folder)
    report: dict[str, Any] = {"release": release, "date": time.strftime("%Y-%m-%d")}
    # One alone leaves half a processor idle; all at once they would wait for each other.
    with clock("machines"), ThreadPoolExecutor(_AT_ONCE) as pool:
        boots = pool.map(partial(machine.boot, folder), images.values(), images)
        report |= zip(images, boots, strict=True)
    return report | {"qemu": machine.version(), "packages": came, **clock.report()}


class Stopwatch:
    """By the clock, and of the processors: these hardly depend on what else a machine does."""

    def __init__(self) -> None:
        self._clock_s: dict[str, float] = {}
        self._processor_s: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began_s, used_s = time.monotonic(), _processor_s()
        print(f"{name} ...", flush=True)
        yield
        self._clock_s[name] = round(time.monotonic() - began_s, 1)
        self._processor_s[name] = round(_processor_s() - used_s, 1)

    def report(self) -> dict[str, dict[str, float]]:
        return {"seconds": self._clock_s, "processor_seconds": self._processor_s}


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wheels(release: str) -> None:
    """Of the next version, for the upgrade: the same code under a later number."""
    tree = CACHE / release / "next"
    shutil.rmtree(tree, ignore_errors=True)
    _checkout(tree)
    for name in ("pyproject.toml", "edgeinfer/__init__.py"):
        text = (tree / name).read_text(encoding="utf-8")
        later = re.sub(
            r'^((__)?version(__)? = )".*"', rf'\1"{NEXT_VERSION}"', text, flags=re.MULTILINE
        )
        (tree / name).write_text(later, encoding="utf-8")
    subprocess.run([tree / "deploy/wheels", release, CACHE / release / "wheels"], check=True)


def _checkout(folder: Path) -> None:
    """As git would give it, with what is not committed yet."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(names, capture_output=True, check=True).stdout.split(b"\0")
    for name in (Path(os.fsdecode(name)) for name in listed if name):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def _installed(folder: Path) -> Path:
    """The layer that install.sh leaves in a fresh root, by the network, as a person runs it."""
    layer, made_of = folder / "installed", folder / "installed.of"
    recipe = _digest()
    if layer.exists() and made_of.exists() and made_of.read_text() == recipe:
        return layer
    made_of.unlink(missing_ok=True)
    with layered(folder / "scratch", [folder / "root"], keep=layer) as root, entered(root):
        _checkout(root / "home/pi/edgeinfer")
        inside(root, "bash /home/pi/edgeinfer/deploy/install.sh")
        inside(root, "apt-get clean; rm -rf /var/lib/apt/lists/*")
    made_of.write_text(recipe)
    return layer


def _digest() -> str:
    paths = [path for name in INSTALLED_BY for path in (ROOT / name, *(ROOT / name).rglob("*"))]
    contents = b"".join(path.read_bytes() for path in sorted(paths) if path.is_file())
    return hashlib.sha256(contents).hexdigest()


def _image(folder: Path, installed: Path) -> dict[str, float]:
    """A machine that runs today's edgeinfer; what packages came with it."""
    with layered(folder / "scratch", [installed, folder / "root"]) as root:
        _today(root, folder)
        shutil.copy(HERE / "proof.toml", root / "etc/edgeinfer/edgeinfer.toml")
        home = root / "home/pi"
        _checkout(home / "edgeinfer")
        shutil.copytree(folder / "next", home / "next")
        shutil.copytree(folder / "wheels", home / "wheels")
        _lay_out_guest(root, WEIGHTS, (MODELS / WEIGHTS).read_bytes())
        _lay_out_pictures(root / "srv/proof")
        machine.image(root, folder / "proof.img")
        return packages.that_came(root, folder / "root")


def _today(root: Path, folder: Path) -> None:
    """Today's edgeinfer in the place of the one that is installed."""
    wheel = folder / "today"
    shutil.rmtree(wheel, ignore_errors=True)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*build, wheel, ROOT], check=True)
    site = next((root / "opt/edgeinfer/releases").glob("*/lib/python3*/site-packages"))
    for old in (site / "edgeinfer", *site.glob("edgeinfer-*.dist-info")):
        shutil.rmtree(old)
    with zipfile.ZipFile(next(wheel.iterdir())) as packed:
        packed.extractall(site)
    inside(root, f"/usr/bin/python3 -m compileall -q /{site.relative_to(root)}/edgeinfer")


def _lay_out_guest(root: Path, setup: str = "", given: bytes = b"") -> None:
    """What is tried, and what it needs; with the words and the input of guest-setup."""
    guest = root / "srv/proof"
    guest.mkdir(parents=True)
    for name in ("guest.py", "asking.py", "card.py", "goldens.py", "camera.toml", "guest-setup"):
        shutil.copy(HERE / name, guest)
    with entered(root):
        inside(root, f"bash /srv/proof/guest-setup {setup}", given)


def _lay_out_pictures(guest: Path) -> None:
    """And what is seen in them on x86-64."""
    for name in ("pictures", "inputs"):
        (guest / name).mkdir()
    pictures = [SHARED / "images" / name for name in PICTURES]
    for picture in pictures:
        shutil.copy(picture, guest / "pictures")
    environment = os.environ | {"EDGEINFER_MODELS": str(MODELS)}
    with (guest / "x86_64.json").open("w") as file:
        goldens = [sys.executable, HERE / "goldens.py", MODEL, guest / "inputs", *pictures]
        subprocess.run(goldens, stdout=file, env=environment, check=True)


def _card(folder: Path) -> Path:
    """A fresh root, and its boot partition with what `edgeinfer flash` wrote onto it."""
    taken = [*(folder / "wheels").glob("*.whl"), MODELS / WEIGHTS]
    with layered(folder / "scratch", [folder / "root"]) as root:
        _lay_out_guest(root)
        flashed.prepare(folder, root, HERE / "proof.toml", taken)
        return machine.image(root, folder / "fresh.img")


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
    parser.add_argument("--out", type=Path, help="the report as JSON")
    given = parser.parse_args()
    proof = prove(given.release, given.machine or list(machine.WHOLE))
    if given.out:
        given.out.write_text(json.dumps(proof, indent=2) + "\n")
    print(f"{given.release} took {sum(proof['seconds'].values()):.0f} s")
    sys.exit("\n".join(failures(proof)) or 0)
