"""picamera2 itself on libcamera's virtual cameras: `sources/picamera` without a camera.

    python deploy/test/virtual_camera.py PICTURE.jpg [--out FILE]       the report as JSON

As root, on x86-64: Debian trixie's libcamera and picamera2 from PyPI in a root of their own, kept
in ~/.cache/edgeinfer (or EDGEINFER_CACHE). What this does not show says docs/hardware.md.
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from roots import entered, layered

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("EDGEINFER_CACHE") or Path.home() / ".cache/edgeinfer")
FOLDER = CACHE / "amd64/virtual-camera"
DEBIAN = "python3,python3-libcamera,python3-prctl,libarchive13t64,ca-certificates"
PICAMERA2 = "picamera2==0.3.38"
# What picamera2 imports, without PiDNG and python-prctl, which have no wheels; then our own.
WHEELS = [
    "numpy",
    "pillow",
    "videodev2",
    "av",
    "libarchive-c",
    "jsonschema",
    "tqdm",
    "OpenEXR",
    "simplejpeg",
    "piexif",
    "opencv-python-headless",
    "annotated-types",
    "pydantic",
]
# Imported by picamera2 whatever it is used for: a display without a desktop, and raw photographs.
STAND_INS = {
    "pykms.py": "from unittest.mock import MagicMock\nPixelFormat = MagicMock()\n",
    "pidng/__init__.py": "",
    "pidng/camdefs.py": "Picamera2Camera = None\n",
    "pidng/core.py": "PICAM2DNG = None\n",
}
_CAMERA = """\
  supported_formats: [{{width: 640, height: 480, frame_rates: [30]}}]
  {what}
  location: "{location}"
  model: "{model}"
"""
CAMERAS = (
    '%YAML 1.1\n---\n"Virtual0":\n'
    + _CAMERA.format(what='test_pattern: "bars"', location="CameraLocationFront", model="bars")
    + '"Virtual1":\n'
    + _CAMERA.format(
        what='frames: {path: "/opt/frames/", scale_mode: "fill"}',
        location="CameraLocationBack",
        model="pictures",
    )
)
_LIMIT_S = 300


def prove(picture: Path) -> dict[str, Any]:
    """The report: what each step found."""
    began_s = time.monotonic()
    prepare()
    ready_s = time.monotonic()
    with layered(FOLDER / "layers", [FOLDER / "packages", FOLDER / "root"]) as root:
        _lay_out(root, picture)
        with entered(root):
            versions, *steps = _try(root)
    ended_s = time.monotonic()
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": f"python deploy/test/virtual_camera.py {picture.name}",
        "libcamera": _debians("python3-libcamera"),
        **versions,
        "seconds": {"prepare": round(ready_s - began_s), "run": round(ended_s - ready_s, 1)},
        "steps": steps,
    }


def prepare() -> None:
    """Raises: CalledProcessError: what is needed cannot be had."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "root/usr").is_dir():
        command = ["mmdebstrap", "--arch=amd64", "--variant=minbase", f"--include={DEBIAN}"]
        command += ["--aptopt=Acquire::Check-Valid-Until false"]
        command += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("man", "doc")]
        new = FOLDER / "root.new"
        shutil.rmtree(new, ignore_errors=True)
        subprocess.run([*command, "trixie", new], check=True)
        new.rename(FOLDER / "root")
    if not (FOLDER / "packages/opt/packages/picamera2").is_dir():
        _install("--upgrade", *WHEELS)
        _install("--no-deps", PICAMERA2)


def _install(*what: str) -> None:
    """For that root's Python, by this one's pip."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--no-compile"]
    command += ["--target", str(FOLDER / "packages/opt/packages"), "--python-version", "3.13"]
    command += ["--implementation", "cp", "--only-binary=:all:"]
    for glibc in ("2_17", "2_27", "2_28", "2_31", "2_34", "2_35"):
        command += ["--platform", f"manylinux_{glibc}_x86_64"]
    subprocess.run([*command, *what], check=True)


def _lay_out(root: Path, picture: Path) -> None:
    files = {f"opt/code/{name}": text for name, text in STAND_INS.items()}
    files["usr/share/libcamera/pipeline/virtual/virtual.yaml"] = CAMERAS
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "opt/frames").mkdir()
    shutil.copy(picture, root / "opt/frames/picture.jpg")
    shutil.copytree(ROOT / "edgeinfer", root / "opt/code/edgeinfer")
    shutil.copy(HERE / "virtual_camera_guest.py", root / "opt")
    build = ["gcc", "-shared", "-fPIC", "-O1", "-o", root / "opt/libdmabuf.so"]
    subprocess.run([*build, HERE / "dmabuf.c", "-ldl"], check=True)


def _try(root: Path) -> list[dict[str, Any]]:
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PYTHONPATH": "/opt/code:/opt/packages",
        "LD_PRELOAD": "/opt/libdmabuf.so",
    }
    words = [*(f"{name}={value}" for name, value in env.items()), "timeout", str(_LIMIT_S)]
    command = ["chroot", str(root), "env", "-i", *words]
    command += ["python3", "/opt/virtual_camera_guest.py"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode:
        failed = {"step": "to the end", "passed": False, "error": f"status {done.returncode}"}
        return [*(lines or [{}]), failed]
    return lines


def _debians(package: str) -> str:
    command = ["dpkg-query", f"--admindir={FOLDER}/root/var/lib/dpkg", "-Wf", "${Version}", package]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def missing() -> str:
    """Why it cannot be run here; empty: it can."""
    absent = [tool for tool in ("mmdebstrap", "gcc") if shutil.which(tool) is None]
    return f"needs {', '.join(absent)}: apt install {' '.join(absent)}" if absent else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path, help="a JPEG with even sides")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if platform.machine() != "x86_64" or os.geteuid() != 0 or missing():
        sys.exit(missing() or "needs root, on x86-64")
    if not given.picture.is_file():
        sys.exit(f"{given.picture}: no such file")
    proof = prove(given.picture)
    text = json.dumps(proof, indent=2, ensure_ascii=False) + "\n"
    if given.out:
        given.out.write_text(text)
    print(text)
    failed = [f"{step['step']}: {step['error']}" for step in proof["steps"] if not step["passed"]]
    sys.exit("\n".join(failed) or 0)
