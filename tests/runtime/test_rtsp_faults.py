"""The service with a real RTSP camera that is stopped, killed and started again.

It takes seconds: what is waited for is the stall, the pause before reopening, and a keyframe.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue

import pytest

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Message, Result
from edgeinfer.core.tensor import Array
from edgeinfer.pipeline import Pipeline
from edgeinfer.runtime.service import Service
from edgeinfer.sources.video import VideoSource
from tests.doubles import EchoDecoder, EchoEngine, ListSink
from tests.sources.rtsp import RtspCamera, rtsp_camera

DEADLINE_S = 30.0
STALL_S = 1.0  # also for the opening, with two busy cores
WIDTH_PX = 320


class QueueSink(ListSink):
    def __init__(self) -> None:
        super().__init__()
        self.width_px = 0  # of the frame that was worked on last
        self.results: SimpleQueue[Result] = SimpleQueue()

    def send(self, message: Message) -> None:
        if isinstance(message, Result):
            self.results.put(message)

    def next_after_now(self) -> Result:
        """Of a frame that was captured after this call."""
        while not self.results.empty():
            self.results.get()
        return self.results.get(timeout=DEADLINE_S)


class Lines(logging.Handler):
    """What is logged, to be waited for."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.queue: SimpleQueue[str] = SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        self.queue.put(record.getMessage())

    def next(self) -> str:
        return self.queue.get(timeout=DEADLINE_S)


@pytest.fixture
def log() -> Iterator[Lines]:
    lines = Lines()
    logger = logging.getLogger("edgeinfer.runtime.capture")
    logger.addHandler(lines)
    yield lines
    logger.removeHandler(lines)


@contextmanager
def running(camera: RtspCamera) -> Iterator[QueueSink]:
    """A service in a thread of its own, with results flowing."""
    source = VideoSource(VideoSource.Options(uri=camera.uri, stall_s=STALL_S))
    sink = QueueSink()

    def prepare(frame: Frame) -> tuple[Array, Placement]:
        sink.width_px = frame.width_px
        return frame.pixels[None], Placement()

    service = Service(source, Pipeline("echo", prepare, EchoEngine(), EchoDecoder(id)), [sink])
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        sink.results.get(timeout=DEADLINE_S)
        yield sink
    finally:
        service.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


def test_a_camera_that_stalls_is_reopened_and_results_go_on(log: Lines) -> None:
    with rtsp_camera() as camera, running(camera) as sink:
        camera.stop()
        assert log.next() == (
            f"{camera.uri}: ended or gave nothing for {STALL_S:g} s; trying to reopen it"
        )
        camera.go_on()
        assert log.next() == f"{camera.uri}: is back"
        assert sink.next_after_now().frame.source == camera.uri


def test_a_camera_that_is_killed_and_started_again_gives_results_again_in_any_size(
    log: Lines,
) -> None:
    with ExitStack() as stack:
        camera = stack.enter_context(rtsp_camera())
        sink = stack.enter_context(running(camera))
        camera.kill()
        assert log.next().endswith("; trying to reopen it")
        stack.enter_context(rtsp_camera(port=camera.port, width_px=2 * WIDTH_PX))
        assert log.next() == f"{camera.uri}: is back"
        assert sink.next_after_now().frame.source == camera.uri
        assert sink.width_px == 2 * WIDTH_PX
        assert log.queue.empty()
