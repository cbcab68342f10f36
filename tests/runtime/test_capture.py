from __future__ import annotations

import logging
from threading import Event

import pytest

from edgeinfer.errors import SourceError
from edgeinfer.runtime.capture import Capture
from edgeinfer.runtime.slot import LatestSlot
from tests.doubles import AbsentSource, ScriptedSource, frame


def test_a_finite_source_is_read_to_its_end_and_closed() -> None:
    slot = LatestSlot(lossless=False)
    source = ScriptedSource([frame(0), frame(1)])
    capture = Capture(source, slot, Event())
    capture()
    assert (capture.frames, source.opened, source.closed) == (2, 1, 1)
    assert not slot.put(frame()), "the slot is closed behind the last frame"


def test_a_lost_camera_is_reopened_and_told_once_each_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lost = SourceError("camera: unplugged")
    source = ScriptedSource([frame(0), lost, lost, frame(1), frame(2)], live=True)
    with caplog.at_level(logging.INFO):
        Capture(source, LatestSlot(lossless=False), Event())()
    assert (source.opened, source.closed) == (3, 3)
    assert [record.message for record in caplog.records] == [
        "camera: unplugged; trying to reopen it",
        "double: is back",
    ]


def test_a_source_that_is_absent_at_the_start_is_an_error() -> None:
    source = AbsentSource([], live=True)
    with pytest.raises(SourceError, match="no such device"):
        Capture(source, LatestSlot(lossless=False), Event())()
    assert source.opened == 1


def test_a_clip_that_breaks_is_an_error_and_not_read_again() -> None:
    source = ScriptedSource([frame(0), SourceError("clip: broken")])
    with pytest.raises(SourceError, match="broken"):
        Capture(source, LatestSlot(lossless=False), Event())()
    assert source.opened == 1


def test_a_stop_ends_it_after_the_frame_at_hand() -> None:
    stop = Event()
    source = ScriptedSource([frame(0), stop.set, frame(1), frame(2)], live=True)
    capture = Capture(source, LatestSlot(lossless=False), stop)
    capture()
    assert capture.frames == 2


def test_a_stop_ends_the_pause_before_reopening() -> None:
    stop = Event()
    lost = SourceError("camera: unplugged")
    source = ScriptedSource([frame(0), stop.set, lost], live=True)
    Capture(source, LatestSlot(lossless=False), stop)()
    assert source.opened == 1
