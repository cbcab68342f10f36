"""The video source on streams: a real HTTP camera, and a real RTSP one where GStreamer has it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from edgeinfer.core.frame import Frame
from edgeinfer.errors import SourceError
from edgeinfer.sources.video import VideoSource
from tests.sources.rtsp import rtsp_camera

DEADLINE_S = 20.0
GREEN = (30, 180, 60)


def source(uri: str, **options: Any) -> VideoSource:
    return VideoSource(VideoSource.Options(uri=uri, **{"stall_s": DEADLINE_S, **options}))


class MotionJpeg(BaseHTTPRequestHandler):
    """Green `pictures`, then silence on an open connection, until the server is told to end."""

    server: Camera

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
        try:
            for number in range(self.server.pictures):
                jpeg = self.server.jpeg(number)
                self.wfile.write(head % len(jpeg) + jpeg + b"\r\n")
                if self.server.ending.wait(1 / 30):
                    return
            self.server.ending.wait(DEADLINE_S)
        except OSError:  # the reader has left
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        return


class Camera(ThreadingHTTPServer):
    daemon_threads = True
    pictures = 10_000
    larger_from = 10_000
    garbage = range(0)

    def __init__(self, port: int = 0) -> None:
        self.ending = threading.Event()
        super().__init__(("127.0.0.1", port), MotionJpeg)

    def jpeg(self, number: int) -> bytes:
        """It becomes another size; between the two lies what is no picture."""
        if number in self.garbage:
            return b"\xff\xd8 no picture at all"
        size = (48, 64) if number < self.larger_from else (96, 128)
        return cv2.imencode(".jpg", np.full((*size, 3), GREEN[::-1], np.uint8))[1].tobytes()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/video"


@contextmanager
def camera(port: int = 0) -> Iterator[Camera]:
    server = Camera(port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.ending.set()
        server.shutdown()
        server.server_close()
        thread.join(DEADLINE_S)


def read_until_lost(stream: VideoSource) -> None:
    for _ in range(1000):
        assert stream.read() is not None


def test_a_motion_jpeg_camera_is_read_live() -> None:
    with camera() as server, source(server.uri) as stream:
        first, second = stream.read(), stream.read()
    assert stream.live
    assert stream.name == server.uri
    assert first is not None
    assert second is not None
    assert (first.seq, second.seq) == (0, 1)
    assert second.captured_ns > first.captured_ns
    assert np.abs(second.rgb[20, 20].astype(int) - GREEN).max() < 8


def test_a_camera_that_goes_is_lost_and_is_read_again_when_it_is_back() -> None:
    with camera() as server:
        stream = source(server.uri)
        with stream:
            first = stream.read()
            server.ending.set()
            with pytest.raises(SourceError, match="/video: ended or gave nothing for 20 s$"):
                read_until_lost(stream)
    with pytest.raises(SourceError, match="connection refused; check the address"):
        stream.__enter__()
    with camera(server.server_port), stream:
        again = stream.read()
    assert first is not None
    assert again is not None
    assert again.seq > first.seq


def test_a_stream_that_becomes_another_size_is_scaled_to_its_first_until_it_is_reopened() -> None:
    with camera() as server:
        server.larger_from = 40
        with source(server.uri) as stream:
            frames = [stream.read() for _ in range(60)]
        server.larger_from = 0
        with source(server.uri) as stream:
            reopened = stream.read()
    assert reopened is not None
    assert reopened.pixels.shape == (96, 128, 3)
    assert {frame.pixels.shape for frame in frames if frame is not None} == {(48, 64, 3)}


def test_garbage_in_a_stream_is_never_a_frame() -> None:
    frames: list[Frame | None] = []
    with camera() as server:
        server.garbage = range(40, 50)
        with source(server.uri) as stream, suppress(SourceError):
            frames.extend(stream.read() for _ in range(60))
        with source(server.uri) as stream:
            frames.append(stream.read())
    assert {frame.pixels.shape for frame in frames if frame is not None} == {(48, 64, 3)}


def test_a_stream_that_may_end_gives_none() -> None:
    with camera() as server, source(server.uri, live=False) as stream:
        assert stream.read() is not None
        server.ending.set()
        while stream.read() is not None:
            pass


def test_a_server_without_video_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        uri = f"rtsp://127.0.0.1:{listener.getsockname()[1]}/none"
        stream = source(uri, stall_s=0.3)
        with pytest.raises(SourceError, match="the server answers but gives no video; check path"):
            stream.__enter__()


def test_a_camera_that_falls_silent_is_lost_in_time() -> None:
    with camera() as server:
        server.pictures = 30
        with source(server.uri, stall_s=0.5) as stream:
            assert stream.read() is not None
            with pytest.raises(SourceError, match=r"/video: ended or gave nothing for 0.5 s$"):
                read_until_lost(stream)


def test_an_rtsp_camera_is_read_with_its_password() -> None:
    with (
        rtsp_camera("viewer", "pa55word") as server,
        source(f"rtsp://viewer:pa55word@127.0.0.1:{server.port}/camera") as stream,
    ):
        frame = stream.read()
        assert stream.name == server.uri
    assert frame is not None
    assert frame.source == stream.name
    assert np.abs(frame.rgb[100, 100].astype(int) - (200, 40, 40)).max() < 12


def test_an_rtsp_camera_that_refuses_the_password_does_not_show_it() -> None:
    with rtsp_camera("viewer", "pa55word") as server:
        stream = source(f"rtsp://viewer:wrong@127.0.0.1:{server.port}/camera")
        with pytest.raises(SourceError) as caught:
            stream.__enter__()
    words = "the server answers but gives no video; check path, user and password"
    assert str(caught.value) == f"{server.uri}: {words}"
