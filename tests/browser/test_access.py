"""Who is let in, and who may change something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.browser.conftest import Open, enter
from tests.browser.service import Service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_without_a_password_there_is_nothing_but_the_log_in(service: Service, browse: Open) -> None:
    page = browse(service, "#/live", log_in=False)
    page.get_by_role("heading", name="edgeinfer").wait_for()
    assert page.url.split("#")[0] == f"{service.url}/login"


def test_a_wrong_password_is_refused_and_the_right_one_lets_in(
    service: Service, browse: Open
) -> None:
    page = browse(service, "login", log_in=False)
    page.get_by_label("Password").fill("wrong horse")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").get_by_text("That is not the password.").wait_for()
    enter(page, service)
    page.get_by_role("heading", name="Live").wait_for()


def test_who_logs_out_is_out(service: Service, browse: Open) -> None:
    page = browse(service)
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Password").wait_for()
    assert page.evaluate("fetch('api/v1/status').then(({ status }) => status)") == 401


_PAUSE = '{"command": "pause", "word": "ON"}'


def test_a_request_without_the_token_is_refused(service: Service, browse: Open) -> None:
    page = browse(service)
    sent = f"""fetch("api/v1/control", {{
      method: "POST", headers: {{ "Content-Type": "application/json" }}, body: '{_PAUSE}',
    }}).then(({{ status }}) => status)"""
    assert page.evaluate(sent) == 403


def test_another_page_of_the_same_browser_cannot_change_anything(
    service: Service, browse: Open, tmp_path: Path
) -> None:
    """The forged form goes to the same host, so the cookie may go along."""
    form = f"""<form method="post" enctype="text/plain" action="{service.url}/api/v1/control">
      <input name='{_PAUSE[:-1]}, "x": "' value='"}}'></form>"""
    (tmp_path / "index.html").write_text(form)
    page = browse(service)
    with _elsewhere(tmp_path) as url:
        page.goto(url)
        with page.expect_response(f"{service.url}/api/v1/control") as answer:
            page.evaluate("document.forms[0].submit()")
        assert answer.value.status in (403, 415)
    page.goto(service.url)
    assert not page.evaluate("fetch('api/v1/status').then(a => a.json())")["paused"]


def test_no_other_page_can_frame_it(service: Service, browse: Open, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'<iframe src="{service.url}/login"></iframe>')
    context = browse(service, log_in=False).context
    page = context.new_page()  # it is told of the refusal on its console
    with _elsewhere(tmp_path) as url:
        page.goto(url)
        frame = page.frames[1]
        assert frame.url != f"{service.url}/login"
        assert not frame.locator("#password").count()


@contextmanager
def _elsewhere(folder: Path) -> Iterator[str]:
    handler = partial(_Silent, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass
