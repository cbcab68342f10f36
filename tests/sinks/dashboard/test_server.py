"""Slow clients, greedy clients, and clients that have gone."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack
from pathlib import Path

import pytest

from edgeinfer.sinks.dashboard.options import Bounds
from edgeinfer.sinks.dashboard.pictures import MOST_STREAMS
from edgeinfer.sinks.dashboard.updates import MOST_LISTENERS
from tests.brokers import DEADLINE_S, write_certificates
from tests.sinks.dashboard.serving import Parts, serving, until

HURRIED = Bounds(head_s=0.3, body_s=0.3, stall_s=0.3)
GET = "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _rest(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    try:
        while piece := connection.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize("begun", ["", "GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_request_that_does_not_come_whole_is_given_up(tmp_path: Path, begun: str) -> None:
    """Slowloris: connections that are held open by a letter now and then."""
    with serving(tmp_path, bounds=HURRIED) as dashboard, dashboard.raw(begun) as slow:
        assert _rest(slow) == b""


def test_neither_is_a_second_one_on_the_same_connection(tmp_path: Path) -> None:
    asks = GET.format("/healthz")
    with serving(tmp_path, bounds=HURRIED) as dashboard, dashboard.raw(asks) as slow:
        assert slow.recv(65_536).startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET / HT")
        _rest(slow)


def test_a_connection_on_which_nothing_more_is_asked_is_closed(tmp_path: Path) -> None:
    patient = Bounds(head_s=600, idle_s=1)
    asks = GET.format("/healthz")
    with serving(tmp_path, bounds=patient) as dashboard, dashboard.raw(asks) as idle:
        assert _rest(idle).startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_begin_with_tls_is_given_up(tmp_path: Path) -> None:
    tls = write_certificates(tmp_path)
    patient = Bounds(handshake_s=0.3, head_s=600, idle_s=600)
    served = serving(tmp_path, bounds=patient, certificate=tls.server)
    with served as dashboard, dashboard.raw("") as silent:
        assert _rest(silent) == b""


def test_who_begins_with_tls_and_asks_nothing_is_given_up_too(tmp_path: Path) -> None:
    tls = write_certificates(tmp_path)
    hurried = Bounds(handshake_s=600, head_s=0.3, idle_s=600)
    served = serving(tmp_path, bounds=hurried, certificate=tls.server)
    trusting = ssl.create_default_context(cafile=tls.ca)
    with (
        served as dashboard,
        dashboard.raw("") as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as silent,
    ):
        assert _rest(silent) == b""


def test_a_body_that_does_not_come_is_given_up(tmp_path: Path) -> None:
    head = (
        "POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Content-Length: 50\r\n\r\n{"
    )
    served = serving(tmp_path, with_password=True, bounds=HURRIED)
    with served as dashboard, dashboard.raw(head) as slow:
        assert slow.recv(65_536).startswith(b"HTTP/1.1 408")


def test_a_body_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, with_password=True) as dashboard, dashboard.client() as client:
        big = {"password": "x" * 300_000}
        assert client.post("/api/v1/login", json=big).status_code == 413


def test_what_is_no_http_is_answered_and_closed(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.raw("\x16\x03\x01 hello\r\n\r\n") as other:
        assert _rest(other).startswith(b"HTTP/1.1 400")


def test_a_viewer_that_stops_reading_is_dropped_and_the_others_go_on(tmp_path: Path) -> None:
    path = "/api/v1/stream.mjpg"
    with (
        serving(tmp_path, bounds=HURRIED, fps=60.0, width=640) as dashboard,
        dashboard.filming(640, 480),
        dashboard.raw(GET.format(path), buffer_bytes=4096) as sleeper,
        dashboard.client() as client,
        client.stream("GET", path) as awake,
    ):
        pictures, parts = dashboard.parts.pictures, Parts(awake)
        until(lambda: pictures.viewers == 2)
        while pictures.viewers == 2:  # the suite's own deadline ends it
            next(parts)
        before = pictures.made
        while pictures.made < before + 5:
            next(parts)
        assert len(_rest(sleeper)) < 5_000_000  # what the kernel held, and no more


def test_a_listener_that_stops_reading_is_dropped(tmp_path: Path) -> None:
    with serving(tmp_path, bounds=HURRIED, fps=60.0) as dashboard:
        asks = GET.format("/api/v1/updates")
        with dashboard.raw(asks, buffer_bytes=4096) as sleeper:
            sleeper.recv(64)
            updates = dashboard.parts.updates
            blather = {"text": "x" * 20_000}
            until(lambda: (updates.tell("state", blather), updates.listeners == 0)[1])


def test_a_viewer_that_goes_gives_its_place_back(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard:
        for _ in range(2 * MOST_STREAMS):
            with dashboard.raw(GET.format("/api/v1/stream.mjpg")) as viewer:
                assert viewer.recv(65_536).startswith(b"HTTP/1.1 200")
        until(lambda: dashboard.parts.pictures.viewers == 0)


@pytest.mark.parametrize("path", ["/api/v1/stream.mjpg", "/api/v1/updates"])
def test_so_does_one_that_goes_before_anything_has_come(tmp_path: Path, path: str) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        for _ in range(2 * MOST_STREAMS):
            dashboard.raw(GET.format(path)).close()
        assert client.get("/healthz").status_code == 200  # it has seen all that came before
        until(lambda: dashboard.parts.pictures.viewers + dashboard.parts.updates.listeners == 0)
        with dashboard.raw(GET.format(path)) as viewer:
            assert viewer.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("path", "most"),
    [("/api/v1/stream.mjpg", MOST_STREAMS), ("/api/v1/updates", MOST_LISTENERS)],
)
def test_the_thirty_third_is_refused(tmp_path: Path, path: str, most: int) -> None:
    with serving(tmp_path) as dashboard, ExitStack() as stack, dashboard.client() as client:
        for _ in range(most):
            viewer = stack.enter_context(dashboard.raw(GET.format(path)))
            assert viewer.recv(65_536).startswith(b"HTTP/1.1 200")
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert client.get("/healthz").status_code == 200


def test_more_connections_than_there_may_be_are_told_so(tmp_path: Path) -> None:
    with serving(tmp_path, bounds=Bounds(connections=8)) as dashboard, ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(dashboard.raw(""))
        with dashboard.raw(GET.format("/healthz")) as late:
            assert late.recv(65_536).startswith(b"HTTP/1.1 503")


def test_leaving_ends_the_streams_at_once_and_in_good_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as stack:
        with serving(tmp_path) as dashboard:
            viewer = stack.enter_context(dashboard.raw(GET.format("/api/v1/stream.mjpg")))
            listener = stack.enter_context(dashboard.raw(GET.format("/api/v1/updates")))
            assert viewer.recv(65_536)
            assert listener.recv(65_536)
        viewer.settimeout(DEADLINE_S)
        assert _rest(viewer).endswith(b"0\r\n\r\n")
        assert _rest(listener).endswith(b"0\r\n\r\n")
        assert not [one for one in caplog.records if one.levelname != "INFO"]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(dashboard.address)
