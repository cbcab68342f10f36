"""What a source can do wrong: block, raise, give garbage, slow down, freeze, and come back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
import pytest

from edgeinfer.core.backoff import Backoff
from edgeinfer.core.frame import Frame
from edgeinfer.errors import SourceError
from edgeinfer.runtime.capture import Capture
from edgeinfer.runtime.slot import LatestSlot
from edgeinfer.sources.video import VideoSource
from tests.doubles import ScriptedSource, frame

DEADLINE_S = 20.0
LOST = SourceError("double: unplugged")
Step = Frame | Exception | Callable[[], object]


class Clock:
    """Stands still, but for `pass_s`."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def pass_s(self, seconds: float) -> Callable[[], None]:
        def step() -> None:
            self.now_s += seconds

        return step


def capture(source: Any, **parts: Any) -> Capture:
    at_once = Backoff(first_s=0.0, longest_s=0.0)
    slot = LatestSlot(lossless=False)
    return Capture(source, slot, threading.Event(), backoff=at_once, **parts)


def picture(value: int) -> Frame:
    return Frame(np.full((36, 64, 3), value, np.uint8), 0, 0, 0, "double")


def test_what_the_camera_is_said_to_be_changes_in_order() -> None:
    changes: list[tuple[str, str]] = []
    source = ScriptedSource([frame(0), frame(1), LOST, LOST, frame(2)], live=True)
    taken = capture(source, on_change=lambda *change: changes.append(change))
    assert taken.camera == "opening"
    taken()
    assert changes == [("opening", "ok"), ("ok", "gone"), ("gone", "ok")]
    assert taken.tries == 2


def test_a_picture_that_goes_black_and_freezes_is_told_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    steps: list[Step] = [picture(90)]
    steps += [picture(0), clock.pass_s(1.0)] * 8
    steps += [picture(90), clock.pass_s(1.0)] * 130
    source = ScriptedSource([*steps, LOST, picture(91)], live=True)
    changes: list[str] = []
    with caplog.at_level(logging.INFO):
        capture(source, clock=clock, on_change=lambda _, after: changes.append(after))()
    assert changes == ["ok", "dark", "ok", "frozen", "gone", "ok"]
    assert [record.message for record in caplog.records] == [
        "double: the picture is black; is the lens covered, or the lamp off?",
        "double: the picture is well again, it was dark",
        "double: the picture does not change; switch the camera off and on",
        "double: unplugged; trying to reopen it",
        "double: is back",
    ]


def test_a_clip_may_be_black_and_still() -> None:
    clock = Clock()
    steps: list[Step] = [picture(0), clock.pass_s(60.0)]
    taken = capture(ScriptedSource(steps * 10), clock=clock)
    taken()
    assert taken.camera == "ok"


def test_the_age_of_the_last_frame_and_the_longest_there_was() -> None:
    clock = Clock()
    ages: list[float | None] = []

    def look() -> None:
        ages.append(taken.frame_age_s())

    steps: list[Step] = [
        look,
        frame(0),
        clock.pass_s(3.0),
        look,
        frame(1),
        clock.pass_s(1.0),
        frame(2),
    ]
    taken: Capture = capture(ScriptedSource(steps, live=True), clock=clock)
    taken()
    assert ages == [None, 3.0]
    assert (taken.frame_age_s(), taken.longest_age_s) == (0.0, 3.0)
    clock.pass_s(7.0)()
    assert (taken.frame_age_s(), taken.longest_age_s) == (7.0, 7.0)


class BlockingSource(ScriptedSource):
    """Hangs in the call that is named until it is let go."""

    def __init__(self, where: str) -> None:
        super().__init__([frame(0), frame(1)], live=True)
        self.hangs = threading.Event()
        self.free = threading.Event()
        self._where = where

    def _call(self, name: str) -> None:
        if name == self._where:
            self.hangs.set()
            assert self.free.wait(DEADLINE_S)

    def __enter__(self) -> Self:
        self._call("open")
        return super().__enter__()

    def read(self) -> Frame | None:
        self._call("read")
        return super().read()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._call("close")
        super().__exit__(kind, error, trace)


@pytest.mark.parametrize("where", ["open", "read", "close"])
def test_a_call_that_does_not_return_is_seen_from_outside(where: str) -> None:
    clock, source = Clock(), BlockingSource(where)
    taken = capture(source, clock=clock)
    thread = threading.Thread(target=taken)
    outside = [taken.reading_since_s]
    thread.start()
    assert source.hangs.wait(DEADLINE_S)
    inside = taken.reading_since_s
    source.free.set()
    thread.join(DEADLINE_S)
    assert inside == clock.now_s
    assert [*outside, taken.reading_since_s] == [None, None]


def test_waiting_for_the_one_who_takes_is_no_hanging_source() -> None:
    slot = LatestSlot(lossless=True)
    taken = Capture(ScriptedSource([frame(0), frame(1)]), slot, threading.Event())
    thread = threading.Thread(target=taken)
    thread.start()
    slot.take()
    slot.take()
    thread.join(DEADLINE_S)
    assert taken.reading_since_s is None


def test_how_long_a_call_may_take_follows_from_the_sources_own_limit() -> None:
    stream = VideoSource(VideoSource.Options(uri="rtsp://camera/", stall_s=120.0))
    assert capture(stream).patience_s > 240.0
    assert capture(ScriptedSource([])).patience_s > 60.0


def test_another_size_is_a_frame_like_any_other() -> None:
    sizes = [(4, 6, 3), (720, 1280, 3), (1, 1, 3)]
    frames = [Frame(np.zeros(size, np.uint8), 0, 0, 0) for size in sizes]
    taken = capture(ScriptedSource(frames, live=True))
    taken()
    assert (taken.frames, taken.camera) == (3, "ok")


def test_a_bug_in_a_source_ends_the_service_with_its_traceback() -> None:
    """It dies loudly: reopening would hide a bug, and its state is unknown."""
    source = ScriptedSource([frame(0), ZeroDivisionError("a bug")], live=True)
    slot = LatestSlot(lossless=False)
    with pytest.raises(ZeroDivisionError):
        Capture(source, slot, threading.Event())()
    assert source.closed == 1
    assert not slot.put(frame(0))


def held() -> tuple[int, int]:
    """(threads, descriptors) of this process, FFmpeg's among them."""
    return len(list(Path("/proc/self/task").iterdir())), len(list(Path("/proc/self/fd").iterdir()))


def test_a_hundred_returns_leave_no_thread_and_no_descriptor(tmp_path: Path) -> None:
    path = tmp_path / "short.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 500.0, (64, 48))
    for level in range(3):
        writer.write(np.full((48, 64, 3), 60 + level, np.uint8))
    writer.release()
    seen: list[tuple[int, int]] = []
    stop = threading.Event()

    def back(_: str, after: str) -> None:
        if after == "ok":
            seen.append(held())
        if len(seen) > 100:
            stop.set()

    source = VideoSource(VideoSource.Options(uri=str(path), live=True, decode_threads=2))
    at_once = Backoff(first_s=0.0, longest_s=0.0)
    taken = Capture(source, LatestSlot(lossless=False), stop, back, backoff=at_once)
    taken()
    assert taken.tries == 100
    assert all(last <= early for early, last in zip(seen[1], seen[-1], strict=True))
