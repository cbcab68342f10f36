"""Drawing: by mouse, by finger, by keyboard alone."""

from __future__ import annotations

import tomllib

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.hand import drag, ready, save, toml
from tests.browser.service import Place, Service

Point = tuple[float, float]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def _tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """By the key alone, as often as it takes."""
    for _ in range(120):
        page.keyboard.press(key)
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"{selector} is not reached by {key}")


def test_a_zone_that_is_drawn_with_the_mouse_is_saved_and_its_rule_fires(
    place: Place, browse: Open
) -> None:
    with place.running() as service:
        page = browse(service, "#/setup")
        ready(page)
        page.get_by_role("button", name="Zone", exact=True).click()
        drag(page, (0.1, 0.05), (0.9, 0.95))
        rule = page.locator(".rule[open]")
        rule.get_by_label("Name").fill("gate")
        rule.get_by_label("Labels").fill("stop sign")
        rule.get_by_label("Labels").press("Enter")
        rule.get_by_role("button", name="Remove stop sign").wait_for()
        save(page)
        text = service.file.read_text()
        saved = tomllib.loads(text)["rule"][-1]
        corners = [value for point in saved.pop("polygon") for value in point]
        assert saved == {"type": "zone", "name": "gate", "labels": ["stop sign"]}
        assert corners == pytest.approx([0.1, 0.05, 0.9, 0.05, 0.9, 0.95, 0.1, 0.95], abs=0.01)
        assert text.startswith("# The road.")
        assert len(list(service.file.parent.glob("edgeinfer.toml?*"))) == 1
        page.goto(f"{service.url}/#/events")
        page.locator(".event", has_text="gate is occupied").first.wait_for(timeout=90_000)


def test_a_zone_is_drawn_with_the_keyboard_alone(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    ready(page)
    page.get_by_role("button", name="Zone", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Corner 1 of zone 1: 35 % from the left").wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("+")
    page.keyboard.press("ArrowUp")
    corners = toml(page)["rule"][-1]["polygon"]
    assert corners[:3] == [[0.34, 0.3], [0.495, 0.315], [0.65, 0.35]]
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Corner 5 of zone 1").wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.corner") == "0"


def test_the_keyboard_alone_draws_names_and_saves_a_zone(place: Place, browse: Open) -> None:
    with place.running() as service:
        page = browse(service, "#/setup")
        ready(page)
        _tab_to(page, "[data-draw=zone]")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Corner 1 of zone 1: 35 % from the left").wait_for()
        page.keyboard.press("Shift+ArrowLeft")
        _tab_to(page, ".rule[open] input")
        page.keyboard.press("Control+a")
        page.keyboard.type("porch")
        page.locator("#save:enabled").wait_for()
        _tab_to(page, "#save")
        page.keyboard.press("Enter")
        _tab_to(page, "#ask-yes")
        page.keyboard.press("Enter")
        page.get_by_text("As it is in").wait_for()
        rule = tomllib.loads(service.file.read_text())["rule"][-1]
        assert (rule["type"], rule["name"]) == ("zone", "porch")
        assert rule["polygon"][0] == pytest.approx([0.3, 0.35])


def _drawn_by_finger(service: Service, browse: Open, tool: str, *points: Point) -> Page:
    """The page on a phone, where these fractions of the picture were touched."""
    phone = {"width": 360, "height": 780}
    page = browse(service, "#/setup", viewport=phone, has_touch=True, is_mobile=True)
    ready(page)
    page.get_by_role("button", name=tool, exact=True).tap()
    box = page.locator("svg.editor").bounding_box()
    assert box
    for x, y in points:
        page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + y * box["height"])
    return page


def test_a_finger_draws_a_line(service: Service, browse: Open) -> None:
    page = _drawn_by_finger(service, browse, "Line", (0.2, 0.6), (0.8, 0.6))
    page.locator("svg.editor").get_by_role("button", name="crossing 1. Enter").wait_for(
        state="attached"
    )
    line = toml(page)["rule"][-1]["line"]
    assert [value for point in line for value in point] == pytest.approx(
        [0.2, 0.6, 0.8, 0.6], abs=0.01
    )


def test_a_finger_draws_a_zone_corner_by_corner(service: Service, browse: Open) -> None:
    corners = [(0.2, 0.2), (0.8, 0.3), (0.5, 0.8)]
    page = _drawn_by_finger(service, browse, "Zone", *corners, corners[0])
    page.locator("svg.editor").get_by_role("button", name="zone 1. Enter").wait_for(
        state="attached"
    )
    polygon = toml(page)["rule"][-1]["polygon"]
    wanted = [value for corner in corners for value in corner]
    assert [value for point in polygon for value in point] == pytest.approx(wanted, abs=0.01)


def test_a_corner_is_moved_with_the_mouse(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    ready(page)
    page.locator(".rule > summary").first.click()
    page.get_by_role("button", name="Corner 1 of road").wait_for()
    drag(page, (0.3, 0.05), (0.2, 0.25))
    assert toml(page)["rule"][0]["polygon"][0] == pytest.approx([0.2, 0.25], abs=0.01)


def test_a_region_of_interest_takes_the_zones_along(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    ready(page)
    page.get_by_role("button", name="Region of interest", exact=True).click()
    drag(page, (0.2, 0.0), (0.8, 1.0))
    after = toml(page)
    assert after["source"]["region"] == pytest.approx([0.2, 0.0, 0.8, 1.0], abs=0.01)
    assert after["rule"][0]["polygon"][0] == pytest.approx([1 / 6, 0.05], abs=0.02)


def test_a_region_that_is_saved_is_what_is_seen_after_the_restart(
    place: Place, browse: Open
) -> None:
    with place.running() as service:
        page = browse(service, "#/setup")
        ready(page)
        before = page.evaluate("fetch('api/v1/status').then(a => a.json())")["picture_px"]
        page.get_by_role("button", name="Region of interest", exact=True).click()
        drag(page, (0.25, 0.0), (0.75, 1.0))
        save(page)
        status = "fetch('api/v1/status').then(a => a.json()).catch(() => ({}))"
        page.wait_for_function(f"async () => ((await {status}).region ?? [])[0] > 0.2")
        page.reload()
        ready(page)
        after = page.evaluate(status)
        assert after["region"] == pytest.approx([0.25, 0.0, 0.75, 1.0], abs=0.01)
        assert after["picture_px"][0] == pytest.approx(before[0] / 2, abs=6)
        assert after["picture_px"][1] == before[1]
        page.get_by_role("button", name="Whole picture").wait_for()
