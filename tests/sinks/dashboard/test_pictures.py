"""The live picture: encoded once for all, not at all without a viewer, never waited for."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path

import cv2
import httpx
import numpy as np

from edgeinfer.core.frame import Frame
from edgeinfer.sinks.dashboard.pictures import encoded
from tests.sinks.dashboard.serving import Parts, result, serving, until


def _size(data: bytes) -> tuple[int, int]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.shape[1], pixels.shape[0]


def test_the_live_picture_moves_and_names_its_results(tmp_path: Path) -> None:
    with (
        serving(tmp_path, fps=60.0) as dashboard,
        dashboard.client() as client,
        client.stream("GET", "/api/v1/stream.mjpg") as stream,
    ):
        assert stream.headers["content-type"].startswith("multipart/x-mixed-replace")
        parts = Parts(stream)
        for seq in (1, 2, 3):
            dashboard.show(result(seq))
            shown, data = next(parts)
            while shown != seq:  # the one before may have been on its way
                shown, data = next(parts)
            assert _size(data) == (64, 48)


def test_nothing_is_encoded_while_nobody_looks(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard:
        for seq in range(50):
            dashboard.send(result(seq))
        with dashboard.client() as client:
            client.get("/api/v1/status")
        assert dashboard.parts.pictures.made == 0


def test_a_picture_is_encoded_once_for_all_who_look_at_it(tmp_path: Path) -> None:
    with serving(tmp_path, fps=60.0) as dashboard, ExitStack() as stack:
        viewers = [_viewer(stack, dashboard.client()) for _ in range(8)]
        assert {next(viewer)[0] for viewer in viewers} == {1}
        dashboard.show(result(2))
        assert {next(viewer)[0] for viewer in viewers} == {2}
        assert dashboard.parts.pictures.made == 2


def _viewer(stack: ExitStack, client: httpx.Client) -> Parts:
    stack.enter_context(client)
    return Parts(stack.enter_context(client.stream("GET", "/api/v1/stream.mjpg")))


def test_a_viewer_gets_no_more_pictures_than_it_asks_for(tmp_path: Path) -> None:
    asks = "GET /api/v1/stream.mjpg?fps=0.1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with (
        serving(tmp_path, fps=60.0) as dashboard,
        dashboard.raw(asks) as modest,
        ExitStack() as stack,
    ):
        found = modest.recv(65_536)
        other = _viewer(stack, dashboard.client())
        with dashboard.filming():
            assert len([next(other) for _ in range(10)]) == 10
        modest.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                found += modest.recv(65_536)
    assert found.count(b"--frame\r\n") == 1


def test_widths_are_few_and_no_wider_than_asked_of_the_sink(tmp_path: Path) -> None:
    with serving(tmp_path, width=500) as dashboard, dashboard.client() as client:
        dashboard.show(result(2, 1000, 500))
        sizes = {
            asked: _size(client.get(f"/api/v1/frame.jpg?width={asked}").content)
            for asked in (100, 320, 321, 4000)
        }
    assert sizes == {100: (320, 160), 320: (320, 160), 321: (480, 240), 4000: (500, 250)}


def test_the_newest_picture_has_the_number_of_its_result(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        dashboard.show(result(7))
        answer = client.get("/api/v1/frame.jpg")
    assert (answer.headers["content-type"], answer.headers["x-seq"]) == ("image/jpeg", "7")


def test_colours_are_right_in_both_orders() -> None:
    red = np.zeros((40, 60, 3), np.uint8)
    red[..., 0] = 255
    for pixels, order in ((red, "rgb"), (np.ascontiguousarray(red[..., ::-1]), "bgr")):
        frame = Frame(pixels, 0, 0, 0, "test", "bgr" if order == "bgr" else "rgb")
        shown = cv2.imdecode(np.frombuffer(encoded(frame, 30), np.uint8), cv2.IMREAD_COLOR)
        assert shown is not None
        assert shown.shape == (20, 30, 3)
        assert shown[..., 2].min() > 200
        assert shown[..., :2].max() < 60


def test_a_sender_goes_on_while_many_look_and_none_reads(tmp_path: Path) -> None:
    """All that `send` does is to replace the newest: a thousand of them end, read or not."""
    asks = "GET /api/v1/stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with serving(tmp_path, fps=60.0, width=640) as dashboard, ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(dashboard.raw(asks, buffer_bytes=4096))
        until(lambda: dashboard.parts.pictures.viewers == 16)
        shot = result(1, 640, 480)
        for _ in range(1000):
            dashboard.send(shot)
        assert dashboard.parts.pictures.made < 1000
