"""A real Chromium, and real services for it to look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.service import PASSWORD, Place, Service
from tests.deploy.proxies import NAME

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
)
_AXE = Path.home() / ".cache/edgeinfer/axe/package/axe.min.js"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium: apt install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    path = Path(os.environ.get("EDGEINFER_AXE", _AXE))
    if not path.is_file():
        pytest.skip("no axe-core: `npm pack axe-core`, and EDGEINFER_AXE names its axe.min.js")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def service(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all tests that leave it as it was."""
    with Place(models, tmp_path_factory.mktemp("service")).running() as running:
        yield running


@pytest.fixture
def place(models: Path, tmp_path: Path) -> Place:
    """For a service of the test's own."""
    return Place(models, tmp_path)


@pytest.fixture
def read_only(models: Path, tmp_path: Path) -> Iterator[Service]:
    with Place(models, tmp_path, password=False).running() as running:
        yield running


Open = Callable[..., Page]


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Open]:
    """Opens pages in a context of their own; a mistake of a script fails the test."""
    mistakes: list[str] = []
    contexts: list[BrowserContext] = []

    def told(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            mistakes.append(message.text)

    def open_page(
        service: Service, place: str = "", *, log_in: bool = True, **options: Any
    ) -> Page:
        usual = {"viewport": {"width": 1280, "height": 860}, "locale": "en-GB"}
        context = chromium.new_context(**{**usual, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(90_000)  # a crowded machine is no failure
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", told)
        if log_in:
            enter(page, service)
        page.goto(f"{service.url}/{place}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not mistakes


def enter(page: Page, service: Service, password: str = PASSWORD) -> None:
    page.goto(f"{service.url}/login")
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Log in").click()
