"""What comes from outside is bounded: each of these is one clear line, in little memory."""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.cli.running import SMALL, Edgeinfer, refused

LIMIT_BYTES = 3 << 29
"""Of address space, 1.5 GiB: the libraries and a model take most of one."""


def bounded(edgeinfer: Edgeinfer, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edgeinfer", "run", *map(str, words)],
        capture_output=True,
        text=True,
        env={**edgeinfer.environment, "OPENBLAS_NUM_THREADS": "1"},
        cwd=edgeinfer.folder,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES)),
    )


def sparse(path: Path, size_bytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size_bytes)
    return path


def png_bomb(path: Path, side_px: int) -> None:
    """Black, one bit a pixel: 50 kB that a decoder makes gigabytes of."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", side_px, side_px, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side_px // 8 + 1) * side_px, 1)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


# The configuration.


def test_a_configuration_of_a_gigabyte(edgeinfer: Edgeinfer) -> None:
    file = sparse(edgeinfer.folder / "edgeinfer.toml", 2 << 30)
    refused(bounded(edgeinfer, "-c", file), 2, "edgeinfer.toml: over 65536 bytes; ")


def test_a_configuration_without_end(edgeinfer: Edgeinfer) -> None:
    refused(bounded(edgeinfer, "-c", "/dev/zero"), 2, "/dev/zero: over 65536 bytes; ")


@pytest.mark.parametrize("text", ["a = " + "[" * 30_000, ".".join("a" * 900) + " = 1"])
def test_a_configuration_that_is_deep(edgeinfer: Edgeinfer, text: str) -> None:
    file = edgeinfer.folder / "edgeinfer.toml"
    file.write_text(text)
    refused(bounded(edgeinfer, "-c", file), 2, "edgeinfer.toml: tables or lists in one another")


def test_a_number_of_thousands_of_digits(edgeinfer: Edgeinfer) -> None:
    file = edgeinfer.folder / "edgeinfer.toml"
    file.write_text("[limits]\nmax_fps = " + "9" * 5000)
    refused(bounded(edgeinfer, "-c", file), 2, "edgeinfer.toml: not TOML: ")


def test_of_thousands_of_unknown_keys_the_first_are_said(edgeinfer: Edgeinfer) -> None:
    file = edgeinfer.folder / "edgeinfer.toml"
    file.write_text("\n".join(f"k{number} = 1" for number in range(5000)))
    done = bounded(edgeinfer, "-c", file)
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert len(lines) == 51
    assert lines[0].startswith("edgeinfer: k0: unknown")
    assert lines[-1] == "edgeinfer: and 4952 more"  # two of them: no model, no source


# Labels.


def test_labels_of_a_gigabyte(edgeinfer: Edgeinfer) -> None:
    sparse(edgeinfer.folder / "labels.txt", 2 << 30)
    words = ("--source", "synthetic", "--model", SMALL, "--labels", "labels.txt")
    refused(bounded(edgeinfer, *words), 1, "labels.txt: over 10 MB, which are no labels")


# Pictures and clips.


def test_pictures_that_cannot_be_taken_are_left_out(edgeinfer: Edgeinfer) -> None:
    folder = edgeinfer.folder / "pictures"
    folder.mkdir()
    good = np.full((48, 64, 3), (40, 90, 200), np.uint8)
    grain = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    data = cv2.imencode(".jpg", grain)[1].tobytes()
    png_bomb(folder / "bomb.png", 20_000)
    sparse(folder / "long.bmp", 2 << 30)
    (folder / "cut.jpg").write_bytes(data[: len(data) // 2])
    cv2.imwrite(str(folder / "deep.png"), good.astype(np.uint16) * 257)
    cv2.imwrite(str(folder / "grey.png"), good[..., 0])
    cv2.imwrite(str(folder / "alpha.png"), np.dstack([good, good[..., 0]]))
    done = bounded(edgeinfer, "--source", folder, "--model", SMALL, "--json", "--threads", 1)
    assert done.returncode == 0, done.stderr
    assert '"results": 3' in done.stdout
    said = sorted(line for line in done.stderr.splitlines() if "left out" in line)
    assert [Path(line.split(": ")[1]).name for line in said] == ["bomb.png", "cut.jpg", "long.bmp"]
    assert "20000 x 20000 pixels; at most 67 million pixels are read" in said[0]


@pytest.mark.parametrize("name", ["noise.mp4", "noise.avi", "noise.mkv"])
def test_a_clip_of_noise(edgeinfer: Edgeinfer, name: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, 100_000, np.uint8)
    (edgeinfer.folder / name).write_bytes(noise.tobytes())
    words = ("--source", name, "--model", SMALL, "--threads", 1)
    refused(bounded(edgeinfer, *words), 1, f"{name}: ")
