"""What is tried with the real picamera2 on virtual cameras, in the root of virtual_camera.py.

python3 virtual_camera_guest.py     a line of JSON for each step, on standard output
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import json
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np
import picamera2
from picamera2.allocators import LibcameraAllocator

from edgeinfer.errors import SourceError
from edgeinfer.sources.picamera import PicameraSource

Facts = dict[str, Any]
PICTURES, BARS = 0, 1  # as picamera2 counts them
SIZE_PX = (640, 480)
# "bars" of libcamera's virtual pipeline, from the left; red, green, blue.
COLOURS = [
    (255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0),
    (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0),
]  # fmt: skip
FAR_BARS = 6  # of 255: what 8-bit YUV loses
# libcamera says that its JPEGs are of limited range, and gives the full one: contrast is raised.
FAR_PICTURE = 12
FRAMES = 30
_AS_IT_IS = picamera2.Picamera2


class Virtual(_AS_IT_IS):  # type: ignore[misc]
    """picamera2 takes a sensor's raw modes and its buffers' one plane for granted: neither here."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.allocator = LibcameraAllocator(self.camera)

    def _get_raw_modes(self) -> list[Facts]:
        return [{"format": "NV12", "size": SIZE_PX}]


def source(camera: int, model_px: tuple[int, int] | None = None, **options: Any) -> PicameraSource:
    return PicameraSource(PicameraSource.Options(camera=camera, **options), model_px)


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def picamera2_as_it_is_refuses_in_one_sentence() -> Facts:
    picamera2.Picamera2 = _AS_IT_IS
    try:
        return {"said": refused(PICTURES)}
    finally:
        picamera2.Picamera2 = Virtual


def refused(camera: int) -> str:
    try:
        with source(camera):
            pass
    except SourceError as error:
        check("\n" not in str(error), f"more than a line: {error}")
        return str(error)
    raise AssertionError("it was opened")


def an_absent_camera_is_told() -> Facts:
    said = refused(5)
    check("there are 2, counted from 0" in said, said)
    return {"said": said}


def bars_have_their_colours() -> Facts:
    with source(BARS, size=SIZE_PX) as camera:
        pixels, given = camera.read().rgb, camera._stream.format  # noqa: SLF001 - nobody else asks
    off = off_by(pixels)
    check(off <= FAR_BARS, f"off by {off}")
    return {"format": given, "off_by": off}


def off_by(rgb: Any) -> int:
    found = [rgb[rgb.shape[0] // 2, round((bar + 0.5) * rgb.shape[1] / 8)] for bar in range(8)]
    return int(np.abs(np.array(found, int) - COLOURS).max())


def a_quarter_turn_is_made_by_us() -> Facts:
    with source(BARS, size=SIZE_PX, rotation=90) as camera:
        off = off_by(np.rot90(camera.read().rgb))
    check(off <= FAR_BARS, f"off by {off}")
    return {"off_by": off}


def a_picture_is_that_of_the_file() -> Facts:
    with source(PICTURES, size=SIZE_PX) as camera:
        seen = camera.read().rgb.astype(int)
    path = "/opt/frames/picture.jpg"
    file = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    wanted = cv2.resize(file, SIZE_PX, interpolation=cv2.INTER_AREA)
    straight, swapped = (float(np.abs(one - wanted).mean()) for one in (seen, seen[..., ::-1]))
    check(straight <= FAR_PICTURE < swapped, f"off by {straight:.1f}, swapped {swapped:.1f}")
    return {"mean_off_by": round(straight, 1), "if_red_and_blue_were_swapped": round(swapped, 1)}


def another_size_and_a_small_stream_end_in_the_cameras_own_size() -> Facts:
    with source(BARS, (300, 300), size=(1280, 720)) as camera:
        frame, name = camera.read(), camera._stream.name  # noqa: SLF001
    check((frame.width_px, frame.height_px) == SIZE_PX, f"{frame.width_px}x{frame.height_px}")
    off = off_by(frame.rgb)
    check(off <= FAR_BARS, f"off by {off}")
    return {"stream": name, "off_by": off}


def frames_follow_each_other_and_it_opens_again() -> Facts:
    for _ in range(3):
        with source(PICTURES, size=SIZE_PX) as camera:
            frames = [camera.read() for _ in range(FRAMES)]
    stamps = [frame.captured_ns for frame in frames]
    check([frame.seq for frame in frames] == list(range(FRAMES)), "numbers are missing")
    check(sorted(set(stamps)) == stamps, "stamps do not grow")
    age_ms = (time.monotonic_ns() - stamps[-1]) / 1e6
    check(0 <= age_ms < 60_000, f"{age_ms} ms old")
    return {"opened": 3, "frames": FRAMES}


STEPS: list[Callable[[], Facts]] = [
    picamera2_as_it_is_refuses_in_one_sentence,
    an_absent_camera_is_told,
    bars_have_their_colours,
    a_quarter_turn_is_made_by_us,
    a_picture_is_that_of_the_file,
    another_size_and_a_small_stream_end_in_the_cameras_own_size,
    frames_follow_each_other_and_it_opens_again,
]


def attempt(step: Callable[[], Facts]) -> Facts:
    told: Facts = {"step": step.__name__, "passed": False}
    try:
        return told | {"facts": step(), "passed": True}
    except Exception as error:  # noqa: BLE001 - whatever it was, the next step is tried
        return told | {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    picamera2.Picamera2 = Virtual
    versions = {name: version(name) for name in ("picamera2", "numpy", "opencv-python-headless")}
    print(json.dumps({"versions": versions}), flush=True)
    for each in STEPS:
        print(json.dumps(attempt(each), ensure_ascii=False), flush=True)
