"""What is tried on the kernel's test camera, inside the machine that vivid.py boots, as root.

    python3 vivid_guest.py NAME OUT [STEP...]

OUT gets a line of JSON for each step, with that name.
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import cv2
from asking import check, run
from vivid_camera import CAMERA, FAR, GREY, bars, off_by, offered, set_control
from vivid_service import service

from edgeinfer.errors import SourceError
from edgeinfer.sources.v4l2 import V4l2Source

Facts = dict[str, Any]
DRIVER = Path("/sys/bus/platform/drivers/vivid")


def source(**options: Any) -> V4l2Source:
    return V4l2Source(V4l2Source.Options(device=CAMERA, stall_s=2, **options))


def every_format_gives_the_bars() -> Facts:
    """Asked for by name. What is not to be had, the source has warned of; what comes is right."""
    facts: Facts = {"offered": offered(), "opencv": cv2.__version__, "gives": {}}
    for fourcc in [None, *facts["offered"], "MJPG"]:
        if fourcc is None or fourcc.isascii():  # the others, nobody can write
            facts["gives"][fourcc or "not asked"] = _colours_of(fourcc)
    wrong = {name: how for name, how in facts["gives"].items() if how.get("off_by", 0) > FAR}
    check(not wrong, f"no pictures, or of wrong colours: {wrong}")
    plain = {"YUYV", "NV12", "RGB3", "BGR3"}
    bad = {name for name in plain if facts["gives"][name].get("fourcc") != name}
    check(not bad, f"not given as asked: { {name: facts['gives'][name] for name in bad} }")
    return facts


def _colours_of(fourcc: str | None) -> Facts:
    with warnings() as said:
        try:
            with source(fourcc=fourcc, size=(640, 360)) as camera:
                pixels = [camera.read().pixels for _ in range(3)][-1]
                given = camera._fourcc()  # noqa: SLF001 - nobody else asks
        except SourceError as error:
            return {"refused": str(error)}
    facts: Facts = {"fourcc": given, "shape": pixels.shape}
    facts["off_by"] = off_by(bars(pixels), grey=given in GREY)
    if facts["off_by"] > FAR:
        facts["bars"] = bars(pixels)
    return facts | ({"warned": said} if said else {})


@contextmanager
def warnings() -> Iterator[list[str]]:
    said: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    keeper = Keeper(logging.WARNING)
    logging.getLogger("edgeinfer").addHandler(keeper)
    try:
        yield said
    finally:
        logging.getLogger("edgeinfer").removeHandler(keeper)


def size_and_rate_are_given_or_the_difference_is_said() -> Facts:
    facts: Facts = {}
    for size, fps in (((320, 180), 10), ((640, 480), 15), ((1280, 720), None), ((1000, 700), None)):
        with warnings() as said, source(size=size, fps=fps) as camera:
            frames = [camera.read() for _ in range(8)]
        height, width = frames[-1].pixels.shape[:2]
        apart_s = [(b.captured_ns - a.captured_ns) / 1e9 for a, b in pairwise(frames[2:])]
        facts[f"{size[0]}x{size[1]} {fps or ''}".strip()] = {
            "given": [width, height],
            "measured_fps": round(1 / median(apart_s), 1),
            "warned": said,
            "off_by": off_by(bars(frames[-1].pixels)),
        }
        check(((width, height) == size) == (not said), f"{size}: {width}x{height}, said {said}")
    wrong = {name: how for name, how in facts.items() if how["off_by"] > FAR}
    check(not wrong, f"wrong colours: {wrong}")
    slow = facts["320x180 10"]["measured_fps"]
    check(slow < 12, f"asked for 10 fps, {slow} come")
    return facts


def other_nodes_are_refused() -> Facts:
    facts = {}
    for path in sorted(Path("/dev").glob("video*")):
        if str(path) != CAMERA:
            try:
                with V4l2Source(V4l2Source.Options(device=str(path))):
                    facts[str(path)] = "opened"
            except SourceError as error:
                facts[str(path)] = str(error)
    check("opened" not in facts.values(), f"{facts}")
    check(bool(facts), "there is no other node")
    return facts


def a_camera_that_another_has_is_told() -> Facts:
    with source(size=(640, 360)) as first:
        first.read()
        try:
            with source(size=(640, 480)) as second:
                second.read()
        except SourceError as error:
            said = str(error)
        else:
            said = ""
        first.read()
    check("another" in said, f"said: {said}")
    return {"said": said}


def silence_is_told_and_ends() -> Facts:
    """The driver drops every frame; then no more."""
    with source(size=(640, 360)) as camera:
        camera.read()
        set_control("Percentage of Dropped Buffers", 100)
        began_s, said = time.monotonic(), ""
        try:
            for _ in range(8):  # a frame or two may be on their way
                camera.read()
        except SourceError as error:
            said = str(error)
        took_s = time.monotonic() - began_s
    set_control("Percentage of Dropped Buffers", 0)
    check("no picture for 2 s" in said, f"said: {said}")
    with source(size=(640, 360)) as camera:
        check(off_by(bars(camera.read().pixels)) <= FAR, "the picture after it is wrong")
    return {"said": said, "took_s": round(took_s, 1)}


def unplugged_and_plugged_in_again_the_run_goes_on() -> Facts:
    """Its driver lets go of it while it streams; then the module itself goes, and comes back."""
    with service() as running:
        (DRIVER / "unbind").write_text("vivid.0")
        running.wait_for(lambda: running.camera() == ["gone"], 30)
        run("rmmod vivid")
        check(not Path(CAMERA).exists(), f"{CAMERA} is still there")
        run("modprobe vivid n_devs=1")
        began_s = time.monotonic()
        running.wait_for(lambda: running.camera() == ["gone", "ok"], 90)
        back_s = time.monotonic() - began_s
        running.more_results()
        status = running.stop()
        said = running.said()
    check(status == 0, f"status {status}: {said}")
    return {"back_after_s": round(back_s, 1), "said": said.splitlines()}


def a_fatal_streaming_error_is_overcome() -> Facts:
    """As of a USB camera whose bus has lost it for a moment."""
    with service() as running:
        set_control("Inject Fatal Streaming Error", 1)
        running.wait_for(lambda: running.camera() == ["gone", "ok"], 90)
        running.more_results()
        status = running.stop()
        said = running.said()
    check(status == 0, f"status {status}: {said}")
    return {"said": said.splitlines()}


def damaged_frames_are_left_out() -> Facts:
    """The driver marks a frame as damaged: the next one counts."""
    with source(size=(640, 360)) as camera:
        camera.read()
        wrong = []
        for _ in range(10):
            set_control("Inject V4L2_BUF_FLAG_ERROR", 1)
            wrong.append(off_by(bars(camera.read().pixels)))
    check(max(wrong) <= FAR, f"off by {wrong}")
    return {"off_by": max(wrong)}


def the_doctor_finds_the_camera() -> Facts:
    said = run(f"{sys.executable} -m edgeinfer check --json", fine=(0, 1))
    lines = [line for line in json.loads(said)["lines"] if "camera" in line["name"]]
    check(any(CAMERA in json.dumps(line) for line in lines), f"{lines}")
    return {"lines": lines}


STEPS: dict[str, Callable[[], Facts]] = {
    step.__name__: step
    for step in (
        every_format_gives_the_bars,
        size_and_rate_are_given_or_the_difference_is_said,
        other_nodes_are_refused,
        a_camera_that_another_has_is_told,
        silence_is_told_and_ends,
        damaged_frames_are_left_out,
        the_doctor_finds_the_camera,
        a_fatal_streaming_error_is_overcome,
        unplugged_and_plugged_in_again_the_run_goes_on,
    )
}


def attempt(step: str) -> Facts:
    began_s = time.monotonic()
    told: Facts = {"step": step, "passed": False}
    try:
        told |= {"facts": STEPS[step](), "passed": True}
    except Exception as error:  # noqa: BLE001 - whatever it was, the next step is tried
        told["error"] = f"{type(error).__name__}: {error}"
    return told | {"seconds": round(time.monotonic() - began_s, 1)}


if __name__ == "__main__":
    set_control("OSD Text Mode", 2)  # none: in a small picture it lies over the bars
    kind, place, *chosen = sys.argv[1:]
    with Path(place).open("a", encoding="utf-8") as out:
        for name in chosen or STEPS:
            line = json.dumps({"with": kind, **attempt(name)}, ensure_ascii=False)
            print(line, flush=True)
            out.write(line + "\n")
            out.flush()
