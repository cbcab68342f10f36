"""Drawing, trying, saving and collecting."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.service import Place, Service, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def _drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place of the picture to another, in fractions of it."""
    box = page.locator("svg.editor").bounding_box()
    assert box
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    for x, y in (middle, end):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.mouse.up()


def _ready(page: Page) -> None:
    """The picture has its size by now, and moves nothing any more."""
    page.locator("#ruleset .rule").first.wait_for()
    page.locator("svg.editor .shape").first.wait_for()
    page.locator("#setup-screen .tag", has_text="Live").wait_for()


def _save(page: Page) -> None:
    page.locator("#toml:not([aria-busy])").wait_for(state="attached")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_text("As it is in").wait_for()


def _toml(page: Page) -> dict[str, Any]:
    """The text that would be saved, once it is there."""
    page.locator("#save-words", has_text="Not saved yet").wait_for()
    page.locator("#toml:not([aria-busy])").wait_for(state="attached")
    return tomllib.loads(page.locator("#toml").text_content() or "")


def test_a_zone_that_is_drawn_with_the_mouse_is_saved_and_its_rule_fires(
    place: Place, browse: Open
) -> None:
    with place.running() as service:
        page = browse(service, "#/setup")
        _ready(page)
        page.get_by_role("button", name="Zone", exact=True).click()
        _drag(page, (0.1, 0.05), (0.9, 0.95))
        rule = page.locator(".rule[open]")
        rule.get_by_label("Name").fill("gate")
        rule.get_by_label("Labels").fill("stop sign")
        rule.get_by_label("Labels").press("Enter")
        rule.get_by_role("button", name="Remove stop sign").wait_for()
        _save(page)
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
    _ready(page)
    page.get_by_role("button", name="Zone", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Corner 1 of zone 1: 35 % from the left").wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("+")
    page.keyboard.press("ArrowUp")
    corners = _toml(page)["rule"][-1]["polygon"]
    assert corners[:3] == [[0.34, 0.3], [0.495, 0.315], [0.65, 0.35]]
    page.keyboard.press("Delete")
    page.get_by_role("button", name="Corner 5 of zone 1").wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.corner") == "0"


def test_a_finger_draws_a_line(service: Service, browse: Open) -> None:
    phone = {"width": 360, "height": 780}
    page = browse(service, "#/setup", viewport=phone, has_touch=True, is_mobile=True)
    _ready(page)
    page.get_by_role("button", name="Line", exact=True).tap()
    box = page.locator("svg.editor").bounding_box()
    assert box
    for x in (0.2, 0.8):
        page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + 0.6 * box["height"])
    page.locator("svg.editor").get_by_role("button", name="crossing 1. Enter").wait_for(
        state="attached"
    )
    line = _toml(page)["rule"][-1]["line"]
    assert [value for point in line for value in point] == pytest.approx(
        [0.2, 0.6, 0.8, 0.6], abs=0.01
    )


def test_a_finger_draws_a_zone_corner_by_corner(service: Service, browse: Open) -> None:
    phone = {"width": 360, "height": 780}
    page = browse(service, "#/setup", viewport=phone, has_touch=True, is_mobile=True)
    _ready(page)
    page.get_by_role("button", name="Zone", exact=True).tap()
    box = page.locator("svg.editor").bounding_box()
    assert box
    corners = [(0.2, 0.2), (0.8, 0.3), (0.5, 0.8)]
    for x, y in (*corners, corners[0]):
        page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.locator("svg.editor").get_by_role("button", name="zone 1. Enter").wait_for(
        state="attached"
    )
    polygon = _toml(page)["rule"][-1]["polygon"]
    wanted = [value for corner in corners for value in corner]
    assert [value for point in polygon for value in point] == pytest.approx(wanted, abs=0.01)


def _tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """By the key alone, as often as it takes."""
    for _ in range(120):
        page.keyboard.press(key)
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"{selector} is not reached by {key}")


def test_the_keyboard_alone_draws_names_and_saves_a_zone(place: Place, browse: Open) -> None:
    with place.running() as service:
        page = browse(service, "#/setup")
        _ready(page)
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


def test_a_corner_is_moved_with_the_mouse(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    _ready(page)
    page.locator(".rule > summary").first.click()
    page.get_by_role("button", name="Corner 1 of road").wait_for()
    _drag(page, (0.3, 0.05), (0.2, 0.25))
    assert _toml(page)["rule"][0]["polygon"][0] == pytest.approx([0.2, 0.25], abs=0.01)


def test_a_region_of_interest_takes_the_zones_along(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    _ready(page)
    page.get_by_role("button", name="Region of interest", exact=True).click()
    _drag(page, (0.2, 0.0), (0.8, 1.0))
    after = _toml(page)
    assert after["source"]["region"] == pytest.approx([0.2, 0.0, 0.8, 1.0], abs=0.01)
    assert after["rule"][0]["polygon"][0] == pytest.approx([1 / 6, 0.05], abs=0.02)


def test_a_region_that_is_saved_is_what_is_seen_after_the_restart(
    place: Place, browse: Open
) -> None:
    with place.running() as service:
        page = browse(service, "#/setup")
        _ready(page)
        before = page.evaluate("fetch('api/v1/status').then(a => a.json())")["picture_px"]
        page.get_by_role("button", name="Region of interest", exact=True).click()
        _drag(page, (0.25, 0.0), (0.75, 1.0))
        _save(page)
        status = "fetch('api/v1/status').then(a => a.json()).catch(() => ({}))"
        page.wait_for_function(f"async () => ((await {status}).region ?? [])[0] > 0.2")
        page.reload()
        _ready(page)
        after = page.evaluate(status)
        assert after["region"] == pytest.approx([0.25, 0.0, 0.75, 1.0], abs=0.01)
        assert after["picture_px"][0] == pytest.approx(before[0] / 2, abs=6)
        assert after["picture_px"][1] == before[1]
        page.get_by_role("button", name="Whole picture").wait_for()


def test_the_toml_is_copied(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup", permissions=["clipboard-read", "clipboard-write"])
    _ready(page)
    page.get_by_role("button", name="Line", exact=True).click()
    _drag(page, (0.2, 0.5), (0.8, 0.5))
    assert _toml(page)["rule"][-1]["type"] == "crossing"
    page.get_by_text("The TOML", exact=True).click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#toml").text_content()
    assert copied.startswith("# The road.")


def test_without_a_clipboard_the_toml_is_selected_to_be_copied(
    service: Service, browse: Open
) -> None:
    """As over plain HTTP from another machine."""
    page = browse(service, "#/setup")
    _ready(page)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_text("The TOML", exact=True).click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Press Ctrl+C").wait_for()
    assert page.evaluate("getSelection().toString().trim()").startswith("# The road.")


def test_a_zone_is_tried_on_the_last_minute(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    _ready(page)
    events = page.locator("#tried li", has_text="road is occupied")

    def told() -> bool:
        page.get_by_role("button", name="On the last minute").click()
        page.locator("#tried p").wait_for()
        return events.count() > 0

    wait_until(told)


def test_rules_are_tried_live(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    _ready(page)
    page.locator("#try-live").click()
    page.locator("#tried li", has_text="road is").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Stop watching").click()
    page.locator("#try-live", has_text="Live").wait_for()


def test_a_mistake_is_said_before_anything_is_saved(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    _ready(page)
    page.get_by_role("button", name="Add a rule").click()
    page.locator(".rule[open]").get_by_label("Labels").fill("stop sing")
    page.locator(".rule[open]").get_by_label("Labels").press("Enter")
    page.locator("#problems li", has_text="stop sign").wait_for()
    assert page.get_by_role("button", name="Save", exact=True).is_disabled()


def test_a_picture_is_kept_for_training_and_counted(place: Place, browse: Open) -> None:
    with place.running() as service:
        page = browse(service, "#/collect")
        page.get_by_text("No picture yet").wait_for()
        page.get_by_label("as", exact=True).first.fill("sign")
        page.get_by_role("button", name="Keep", exact=True).click()
        page.get_by_text("1 of 1,000").wait_for()
        page.get_by_text("99 more to adapt a model").wait_for()


def test_who_may_only_look_is_told_how_to_change_that(read_only: Service, browse: Open) -> None:
    page = browse(read_only, "#/setup", log_in=False)
    _ready(page)
    page.locator("#setup-only", has_text="edgeinfer password").wait_for()
    page.get_by_role("button", name="Line", exact=True).click()
    _drag(page, (0.2, 0.5), (0.8, 0.5))
    page.locator("#toml", has_text="crossing 1").wait_for(state="attached")
    assert page.get_by_role("button", name="Save", exact=True).is_disabled()
    page.goto(f"{read_only.url}/#/collect")
    page.locator("#collect-only", has_text="edgeinfer password").wait_for()
    assert page.get_by_role("button", name="Keep", exact=True).is_disabled()
