"""Through the reverse proxies of the examples: TLS, sessions, and nothing held back."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.brokers import DEADLINE_S
from tests.deploy.proxies import KINDS, NAME, Proxy, before
from tests.sinks.dashboard.serving import PASSWORD, Dashboard, Parts, result, serving

pytestmark = pytest.mark.parametrize("kind", KINDS)


@contextmanager
def _behind(kind: str, folder: Path) -> Iterator[tuple[Dashboard, Proxy]]:
    served = serving(folder, with_password=True, hosts=(NAME,))
    with served as dashboard, before(kind, folder / kind, dashboard.address[1]) as proxy:
        yield dashboard, proxy


class _ByName(httpx.HTTPTransport):
    """Leads the name of the example to this machine, and nowhere else."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        led = httpx.Request(
            request.method,
            request.url.copy_with(host="127.0.0.1"),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": NAME},
        )
        return super().handle_request(led)


def _client(proxy: Proxy, **options: Any) -> httpx.Client:
    trusting = ssl.create_default_context(cafile=proxy.certificates.ca)
    return httpx.Client(
        base_url=proxy.url, transport=_ByName(verify=trusting), timeout=DEADLINE_S, **options
    )


def _log_in(client: httpx.Client, proxy: Proxy) -> httpx.Response:
    """As a browser does, which says where it comes from."""
    return client.post("/api/v1/login", json={"password": PASSWORD}, headers={"Origin": proxy.url})


def test_the_cookie_is_for_tls_alone_and_lets_in(tmp_path: Path, kind: str) -> None:
    with _behind(kind, tmp_path) as (_, proxy), _client(proxy) as client:
        assert client.get("/api/v1/status").status_code == 401
        answer = _log_in(client, proxy)
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"].split("; ")
        assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(cookie)
        page = client.get("/")
        assert page.status_code == 200
        assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_changes_of_the_page_get_through_and_forged_ones_do_not(tmp_path: Path, kind: str) -> None:
    with _behind(kind, tmp_path) as (dashboard, proxy), _client(proxy) as client:
        _log_in(client, proxy)
        pause = {"command": "pause", "word": "ON"}
        csrf = {"X-CSRF-Token": client.get("/api/v1/session").json()["csrf"]}
        forged = client.post("/api/v1/control", json=pause, headers={"Origin": proxy.url})
        other = client.post(
            "/api/v1/control", json=pause, headers={**csrf, "Origin": "https://evil.example"}
        )
        own = client.post("/api/v1/control", json=pause, headers={**csrf, "Origin": proxy.url})
        assert (forged.status_code, other.status_code, own.status_code) == (403, 403, 204)
        assert dashboard.commands == [("pause", "ON")]


def test_one_picture_comes_through_before_there_is_a_second(tmp_path: Path, kind: str) -> None:
    with _behind(kind, tmp_path) as (dashboard, proxy), _client(proxy) as client:
        _log_in(client, proxy)
        with client.stream("GET", "/api/v1/stream.mjpg") as stream:
            parts = Parts(stream)
            assert next(parts)[0] == 1
            dashboard.show(result(2))
            assert next(parts)[0] == 2


def test_what_is_new_comes_through_word_by_word(tmp_path: Path, kind: str) -> None:
    with _behind(kind, tmp_path) as (dashboard, proxy), _client(proxy) as client:
        _log_in(client, proxy)
        with client.stream("GET", "/api/v1/updates") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            for number in range(3):
                dashboard.parts.updates.tell("setup", {"path": str(number)})
                assert f'data: {{"path":"{number}"}}' in lines


def test_guesses_are_counted_by_whom_the_proxy_saw(tmp_path: Path, kind: str) -> None:
    """Whoever claims another address with each guess does not get more of them."""
    with _behind(kind, tmp_path) as (_, proxy), _client(proxy) as client:
        answers = [
            client.post(
                "/api/v1/login",
                json={"password": "wrong horse"},
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
            ).status_code
            for number in range(6)
        ]
        assert answers == [401] * 5 + [429]


def test_a_body_beyond_the_bound_is_refused(tmp_path: Path, kind: str) -> None:
    with _behind(kind, tmp_path) as (_, proxy), _client(proxy) as client:
        big = {"password": "x" * 300_000}
        assert client.post("/api/v1/login", json=big).status_code == 413
