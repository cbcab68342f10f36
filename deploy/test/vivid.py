"""The kernel's test camera, in a machine of its own: a real V4L2 device for `sources/v4l2`.

    python deploy/test/vivid.py [--out FILE] [STEP...]       the report as JSON

As root, on x86-64: Debian bookworm with its kernel, in QEMU without KVM. What is built is kept in
~/.cache/edgeinfer (or EDGEINFER_CACHE).
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("EDGEINFER_CACHE") or Path.home() / ".cache/edgeinfer")
FOLDER = CACHE / "amd64/bookworm"
# As Raspberry Pi OS bookworm has numpy, and OpenCV 4 with it; and as a venv of its own gets both.
NUMPY = {"opencv4": "numpy==1.24.2", "opencv5": "numpy>=2.2"}
LOG = FOLDER / "vivid/console.log"
_LIMIT_S = 3000
# The code as it is now is on a second disk, as a tar; what is found goes to a second serial line.
_INIT = """\
#!/bin/bash
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp; mount -t tmpfs tmpfs /run
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
ip link set lo up
modprobe vivid n_devs=1
mkdir /tmp/code && tar -xf /dev/vdb -C /tmp/code && cd /tmp/code
for kind in opencv4 opencv5; do
  PYTHONPATH=/tmp/code:/opt/$kind python3 deploy/test/vivid_guest.py $kind /dev/ttyS1 $(cat steps)
done
sync
echo o >/proc/sysrq-trigger
sleep 60
"""
BASE = FOLDER / f"vivid/base-{zlib.crc32(_INIT.encode()):08x}.img"


def prove(steps: list[str]) -> dict[str, Any]:
    """The report: what each step found, with each of the two."""
    began_s = time.monotonic()
    prepare()
    ready_s = time.monotonic()
    found = _boot(steps)
    kernel = next((FOLDER / "vivid").glob("of-*")).name.removeprefix("of-")
    ended_s = time.monotonic()
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "kernel": kernel,
        "qemu": _output("qemu-system-x86_64", "--version").split()[3],
        "seconds": {"prepare": round(ready_s - began_s), "run": round(ended_s - ready_s)},
        **{kind: [line for line in found if line["with"] == kind] for kind in NUMPY},
    }


def prepare() -> None:
    """Raises: CalledProcessError: what is needed cannot be had."""
    if not (FOLDER / "root/usr").is_dir():
        subprocess.run([HERE / "build-root", "bookworm", "amd64"], check=True)
    if not (FOLDER / "vivid/vmlinuz").exists():
        subprocess.run([HERE / "vivid-kernel", FOLDER / "root", FOLDER / "vivid"], check=True)
    for kind, numpy in NUMPY.items():
        stamp = FOLDER / f"vivid/{kind}/.of-{_stamp()}"
        if not stamp.exists():
            shutil.rmtree(stamp.parent, ignore_errors=True)
            _install(stamp.parent, str(ROOT), numpy)
            stamp.touch()
            BASE.unlink(missing_ok=True)
    if not BASE.exists():
        with TemporaryDirectory(prefix="vivid") as scratch, _copy_of(scratch) as root:
            _lay_out(root)
            _image(root)


def missing() -> str:
    """Why it cannot be run here; empty: it can."""
    tools = {"mmdebstrap": "mmdebstrap", "qemu-system-x86_64": "qemu-system-x86", "cpio": "cpio"}
    absent = [package for tool, package in tools.items() if shutil.which(tool) is None]
    return f"needs {', '.join(absent)}: apt install {' '.join(absent)}" if absent else ""


def _stamp() -> str:
    return _output("cksum", str(ROOT / "pyproject.toml")).split()[0]


def _install(target: Path, *what: str) -> None:
    """For the guest's Python, by this one's pip."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--no-compile"]
    command += ["--ignore-installed", "--target", str(target), "--python-version", "3.11"]
    command += ["--implementation", "cp", "--only-binary=:all:"]
    for glibc in ("2_17", "2_27", "2_28", "2_31", "2_34", "2_35", "2_36"):
        command += ["--platform", f"manylinux_{glibc}_x86_64"]
    wheel = target.with_name(f"{target.name}.wheel")
    shutil.rmtree(wheel, ignore_errors=True)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*build, wheel, what[0]], check=True)
    subprocess.run([*command, *wheel.glob("*.whl"), *what[1:]], check=True)
    shutil.rmtree(wheel)


@contextmanager
def _copy_of(scratch: str) -> Iterator[Path]:
    """Debian's root; what is changed in it is thrown away."""
    merged = Path(scratch) / "merged"
    for part in ("merged", "changed", "work"):
        (Path(scratch) / part).mkdir()
    layers = f"lowerdir={FOLDER}/root,upperdir={scratch}/changed,workdir={scratch}/work"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, merged], check=True)
    try:
        yield merged
    finally:
        subprocess.run(["umount", merged], check=True)


def _lay_out(root: Path) -> None:
    """What the code needs, the module, and our script as the first process."""
    for kind in NUMPY:
        shutil.copytree(FOLDER / "vivid" / kind, root / "opt" / kind)
        shutil.rmtree(root / "opt" / kind / "edgeinfer")
    shutil.copytree(FOLDER / "vivid/modules", root, dirs_exist_ok=True)
    first = root / "sbin/init"
    first.unlink()
    first.write_text(_INIT)
    first.chmod(0o755)


def _image(root: Path) -> None:
    new = BASE.with_suffix(".new")
    with new.open("wb") as file:
        file.truncate(2 << 30)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, new], check=True)
    new.rename(BASE)


def _boot(steps: list[str]) -> list[dict[str, Any]]:
    """What it found. Its console is kept in the cache, for when something goes wrong."""
    # Time in it goes by instructions, 1 ns each: however busy this machine is, the camera's rate
    # and what waits for it are to each other as they should be; and no one waits while it sleeps.
    qemu = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=single", "-cpu", "max"]
    qemu += ["-icount", "shift=0,sleep=off", "-smp", "1", "-m", "1024"]
    qemu += ["-display", "none", "-no-reboot", "-net", "none"]
    qemu += ["-kernel", f"{FOLDER}/vivid/vmlinuz", "-initrd", f"{FOLDER}/vivid/initrd"]
    qemu += ["-append", "console=ttyS0 root=/dev/vda rw panic=-1"]
    qemu += ["-drive", f"if=virtio,file={BASE},format=raw,snapshot=on"]
    with TemporaryDirectory(prefix="vivid") as scratch:
        code, found = Path(scratch) / "code.tar", Path(scratch) / "found"
        _pack(code, steps)
        qemu += ["-drive", f"if=virtio,file={code},format=raw,readonly=on"]
        qemu += ["-serial", f"file:{LOG}", "-serial", f"file:{found}"]
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(qemu, stdin=subprocess.DEVNULL, timeout=_LIMIT_S, check=True)
        return [json.loads(line) for line in found.read_text("utf-8").splitlines() if line]


def _pack(code: Path, steps: list[str]) -> None:
    with tarfile.open(code, "w") as tar:
        for part in ("edgeinfer", "models", "deploy/test"):
            tar.add(ROOT / part, part, filter=_without_caches)
        words = " ".join(steps).encode()
        entry = tarfile.TarInfo("steps")
        entry.size = len(words)
        tar.addfile(entry, io.BytesIO(words))


def _without_caches(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in entry.name else entry


def _output(*command: str) -> str:
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    env = {**os.environ, "PATH": path}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout


def failures(report: dict[str, Any]) -> list[str]:
    """A line for each step that did not hold, and for a machine that ended before its first."""
    failed = [
        f"{kind}: {step['step']}: {step['error']}"
        for kind in NUMPY
        for step in report[kind]
        if not step["passed"]
    ]
    empty = [f"{kind}: nothing was tried; see {LOG}" for kind in NUMPY if not report[kind]]
    return failed + empty


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", nargs="*", help="[all] by the names in vivid_guest.py")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if platform.machine() != "x86_64" or os.geteuid() != 0 or missing():
        sys.exit(missing() or "needs root, on x86-64")
    proof = prove(given.steps)
    text = json.dumps(proof, indent=2, ensure_ascii=False) + "\n"
    if given.out:
        given.out.write_text(text)
    print(text)
    sys.exit("\n".join(failures(proof)) or 0)
