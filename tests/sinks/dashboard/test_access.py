"""Who may ask: over HTTP, as a browser, a program and an attacker do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edgeinfer.sinks.dashboard.access import HEADERS
from tests.brokers import write_certificates
from tests.sinks.dashboard.serving import PASSWORD, Dashboard, serving, setup

CHANGES = [
    ("POST", "/api/v1/setup/save", {"toml": ""}),
    ("POST", "/api/v1/collect", {"label": "person"}),
    ("PUT", "/api/v1/collect/automatic", {"rule": None}),
    ("POST", "/api/v1/control", {"command": "pause", "word": "ON"}),
]
TRIES = [
    ("POST", "/api/v1/setup/preview", {"rules": []}),
    ("POST", "/api/v1/setup/trial", {"rules": [], "on": "minute"}),
    ("DELETE", "/api/v1/setup/trial", None),
]
SECRET = ["/api/v1/status", "/api/v1/frame.jpg", "/api/v1/stream.mjpg", "/api/v1/updates"]


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[Dashboard]:
    with serving(tmp_path, told=setup()) as dashboard:
        yield dashboard


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Dashboard]:
    with serving(tmp_path, with_password=True, told=setup()) as dashboard:
        yield dashboard


def _ask(client: httpx.Client, change: tuple[str, str, object], **more: str) -> httpx.Response:
    method, path, body = change
    return client.request(method, path, json=body, headers=more)


def test_without_a_password_everybody_on_this_machine_may_look(open_house: Dashboard) -> None:
    with open_house.client() as client:
        assert client.get("/api/v1/status").json()["device"] == "porch"
        session = client.get("/api/v1/session").json()
    assert (session["needs_password"], session["may_change"]) == (False, False)
    assert "edgeinfer password" in session["why_not"]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[1])
def test_without_a_password_nobody_may_change(
    open_house: Dashboard, change: tuple[str, str, object]
) -> None:
    with open_house.client() as client:
        token = client.get("/api/v1/session").json()["csrf"]
        answer = _ask(client, change, **{"X-CSRF-Token": token})
    assert answer.status_code == 403
    assert "password" in answer.json()["error"]
    assert not open_house.commands


@pytest.mark.parametrize("change", TRIES, ids=lambda change: f"{change[0]} {change[1]}")
def test_what_changes_nothing_may_be_tried_without_a_password_but_not_by_other_pages(
    open_house: Dashboard, change: tuple[str, str, object]
) -> None:
    with open_house.client() as client:
        token = client.get("/api/v1/session").json()["csrf"]
        assert _ask(client, change, **{"X-CSRF-Token": token}).status_code in (200, 204)
        assert _ask(client, change).status_code == 403
        forged = {"X-CSRF-Token": token, "Origin": "http://evil.example"}
        assert _ask(client, change, **forged).status_code == 403


@pytest.mark.parametrize("path", SECRET)
def test_with_a_password_nothing_is_shown_before_the_log_in(locked: Dashboard, path: str) -> None:
    with locked.client() as client:
        answer = client.get(path)
    assert (answer.status_code, answer.json()) == (401, {"error": "log in first"})


def test_the_page_leads_to_the_log_in(locked: Dashboard) -> None:
    with locked.client() as client:
        answer = client.get("/")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert client.get("/login").status_code == 200
        assert client.get("/healthz").json() == {"status": "ok"}


def test_the_right_password_opens_and_the_log_out_closes(locked: Dashboard) -> None:
    with locked.logged_in() as client:
        assert client.get("/api/v1/status").status_code == 200
        assert client.get("/api/v1/session").json()["may_change"] is True
        stolen = dict(client.cookies)
        assert client.post("/api/v1/logout", json={}).status_code == 204
        assert client.get("/api/v1/status").status_code == 401
    with locked.client(cookies=stolen) as thief:
        assert thief.get("/api/v1/status").status_code == 401


def test_a_wrong_password_is_refused_and_the_sixth_is_not_heard(locked: Dashboard) -> None:
    with locked.client() as client:
        for _ in range(5):
            answer = client.post("/api/v1/login", json={"password": "wrong horse"})
            assert answer.status_code == 401
            assert "set-cookie" not in answer.headers
        answer = client.post("/api/v1/login", json={"password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60


@pytest.mark.parametrize("change", [*CHANGES, *TRIES], ids=lambda change: change[1])
def test_a_session_alone_changes_nothing(
    locked: Dashboard, change: tuple[str, str, object]
) -> None:
    """A page of a stranger sends the cookie along, but cannot know the token."""
    with locked.logged_in() as client:
        own = client.headers.pop("X-CSRF-Token")
        assert _ask(client, change).status_code == 403
        assert _ask(client, change, **{"X-CSRF-Token": own[::-1]}).status_code == 403
        assert _ask(client, change, **{"X-CSRF-Token": ""}).status_code == 403
    assert not locked.commands


@pytest.mark.parametrize(
    "forged",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_browser_that_says_whose_page_asks_is_believed(
    locked: Dashboard, forged: dict[str, str]
) -> None:
    with locked.logged_in() as client:
        pause = {"command": "pause", "word": "ON"}
        assert client.post("/api/v1/control", json=pause, headers=forged).status_code == 403
        log_in = {"password": PASSWORD}
        assert client.post("/api/v1/login", json=log_in, headers=forged).status_code == 403
        own = {"Origin": locked.url, "Sec-Fetch-Site": "same-origin"}
        assert client.post("/api/v1/control", json=pause, headers=own).status_code == 204
    assert locked.commands == [("pause", "ON")]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "a:b:c"]
)
def test_a_name_that_is_not_ours_is_refused(open_house: Dashboard, host: str) -> None:
    """DNS rebinding: a stranger's page whose name leads to this machine by now."""
    with open_house.client() as client:
        for path in ("/", "/api/v1/status", "/static/style.css", "/healthz"):
            assert client.get(path, headers={"Host": host}).status_code in (400, 421)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:1", "[::1]:8080", "localhost", "LOCALHOST.", "10.0.0.7"]
)
def test_addresses_and_our_own_names_are_let_in(open_house: Dashboard, host: str) -> None:
    with open_house.client() as client:
        assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_name_of_the_configuration_is_let_in(tmp_path: Path) -> None:
    with serving(tmp_path, hosts=("cam.example.org",)) as dashboard, dashboard.client() as client:
        assert client.get("/healthz", headers={"Host": "cam.example.org"}).status_code == 200


def test_the_cookie_is_for_us_alone_and_secure_behind_tls(locked: Dashboard) -> None:
    with locked.client() as client:
        body = {"password": PASSWORD}
        plain = client.post("/api/v1/login", json=body).headers["set-cookie"]
        behind = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        proxied = client.post("/api/v1/login", json=body, headers=behind).headers["set-cookie"]
    for cookie in (plain, proxied):
        assert "; HttpOnly" in cookie
        assert "; SameSite=Strict" in cookie
        assert "; Path=/" in cookie
    assert "Secure" not in plain
    assert "; Secure" in proxied


def test_guesses_by_a_proxy_are_counted_by_whom_it_names(locked: Dashboard) -> None:
    with locked.client() as client:
        wrong = {"password": "wrong horse"}
        for _ in range(5):
            client.post("/api/v1/login", json=wrong, headers={"X-Forwarded-For": "203.0.113.7"})
        right = {"password": PASSWORD}
        guesser = {"X-Forwarded-For": "203.0.113.7"}
        owner = {"X-Forwarded-For": "203.0.113.8"}
        assert client.post("/api/v1/login", json=right, headers=guesser).status_code == 429
        assert client.post("/api/v1/login", json=right, headers=owner).status_code == 204


def test_tls_by_files(tmp_path: Path) -> None:
    files = write_certificates(tmp_path, ("localhost",))
    trusted = ssl.create_default_context(cafile=files.ca)
    with serving(tmp_path, with_password=True, certificate=files.server) as dashboard:
        assert dashboard.url.startswith("https://")
        url = dashboard.url.replace("127.0.0.1", "localhost")
        with httpx.Client(base_url=url, verify=trusted) as client:
            answer = client.post("/api/v1/login", json={"password": PASSWORD})
        assert answer.status_code == 204
        assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/login",
        "/healthz",
        "/static/style.css",
        "/static/none.js",
        "/nothing",
        "/api/v1/frame.jpg",
    ],
)
def test_every_answer_forbids_frames_sniffing_and_foreign_scripts(
    open_house: Dashboard, path: str
) -> None:
    with open_house.client() as client:
        _has_headers(client.get(path))


def test_refusals_have_the_same_headers(locked: Dashboard) -> None:
    with locked.client() as client:
        _has_headers(client.get("/"))
        _has_headers(client.get("/api/v1/status"))
        _has_headers(client.get("/healthz", headers={"Host": "evil.example"}))
        _has_headers(client.post("/api/v1/login", content=b"x" * 300_000))
        _has_headers(client.put("/healthz"))
        _has_headers(client.get("/healthz", headers={"X": "y" * 40_000}))


def _has_headers(answer: httpx.Response) -> None:
    for name, value in HEADERS.items():
        assert answer.headers.get_list(name) == [value], (answer.request.url, name)


def test_the_policy_allows_no_inline_script_and_no_other_host() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy


def test_what_the_text_of_the_file_holds_is_for_who_may_change_it(tmp_path: Path) -> None:
    file = tmp_path / "edgeinfer.toml"
    file.write_text("# rtsp://user:secret@camera\n")
    with serving(tmp_path, told=setup(file)) as dashboard, dashboard.client() as client:
        assert client.get("/api/v1/setup").json()["toml"] is None
        token = {"X-CSRF-Token": client.get("/api/v1/session").json()["csrf"]}
        preview = client.post("/api/v1/setup/preview", json={"rules": []}, headers=token)
        assert "secret" not in preview.text
