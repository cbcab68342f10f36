"""For every screen, every eye, and a thin line: size, phone, accessibility."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.service import Service
from tests.conftest import ROOT

STATIC = ROOT / "edgeinfer/sinks/dashboard/static"
BROWSER, SLOW = pytest.mark.browser, pytest.mark.timeout(600)
PAGES = ("live", "events", "machine", "setup", "collect")


def _settled(page: Page, name: str) -> None:
    """The page is shown, and has its first answers."""
    page.locator(f"#page-{name}").wait_for()
    page.wait_for_load_state("load")
    first = {
        "live": "#live-seen:not(:empty)",
        "events": "#event-list > *",
        "machine": "#plots .uplot",
        "setup": "#ruleset .rule",
        "collect": "#progress > *",
    }
    page.locator(first[name]).first.wait_for()


@BROWSER
@SLOW
@pytest.mark.parametrize(
    ("scheme", "ground"), [("light", "rgb(245, 244, 239)"), ("dark", "rgb(15, 20, 19)")]
)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(
    service: Service, browse: Open, name: str, scheme: str, ground: str
) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
    page = browse(service, f"#/{name}", color_scheme=scheme, **phone)
    _settled(page, name)
    if name == "setup":
        page.locator(".rule > summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.evaluate("innerWidth") == 360
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground


@BROWSER
@SLOW
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [*PAGES, "login"])
def test_axe_finds_no_serious_fault(
    service: Service, browse: Open, axe: str, name: str, scheme: str
) -> None:
    if name == "login":
        page = browse(service, "login", log_in=False, color_scheme=scheme)
    else:
        page = browse(service, f"#/{name}", color_scheme=scheme, reduced_motion="reduce")
        _settled(page, name)
    if name == "setup":
        page.locator(".rule > summary").first.click()
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    assert [_words(one) for one in found if one["impact"] in ("serious", "critical")] == []


def _words(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{node['target']} {node['failureSummary']}" for node in violation["nodes"])
    return f"{violation['id']}: {violation['help']}: {places}"


@BROWSER
@SLOW
def test_every_page_is_reached_by_the_keyboard(service: Service, browse: Open) -> None:
    page = browse(service)
    _settled(page, "live")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for name in PAGES:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator(f"#page-{name}").wait_for()
        page.get_by_role("navigation").locator(f"a[href='#/{name}']").focus()


def test_all_of_it_is_under_200_kb() -> None:
    sizes = [path.stat().st_size for path in STATIC.rglob("*") if path.is_file()]
    assert 0 < sum(sizes) < 200_000


def test_nothing_is_inline_and_nothing_comes_from_elsewhere() -> None:
    for path in STATIC.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", text), path.name
    for path in (*STATIC.glob("*.html"), *STATIC.glob("*.js"), *STATIC.glob("*.css")):
        links = re.findall(r"https?://[^\s\"'`)]+", path.read_text(encoding="utf-8"))
        assert set(links) <= {"http://www.w3.org/2000/svg"}, path.name


def test_the_library_that_is_shipped_has_its_licence_beside_it() -> None:
    names = {path.name for path in (STATIC / "vendor").iterdir()}
    assert names == {"uPlot.iife.min.js", "uPlot.min.css", "uPlot-LICENSE"}
    assert "The MIT License" in (STATIC / "vendor/uPlot-LICENSE").read_text()
