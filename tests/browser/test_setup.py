"""Trying, saving, copying and collecting."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open
from tests.browser.hand import drag, ready, toml
from tests.browser.service import Place, Service, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_the_toml_is_copied(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup", permissions=["clipboard-read", "clipboard-write"])
    ready(page)
    page.get_by_role("button", name="Line", exact=True).click()
    drag(page, (0.2, 0.5), (0.8, 0.5))
    assert toml(page)["rule"][-1]["type"] == "crossing"
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
    ready(page)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_text("The TOML", exact=True).click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Press Ctrl+C").wait_for()
    assert page.evaluate("getSelection().toString().trim()").startswith("# The road.")


def test_a_zone_is_tried_on_the_last_minute(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    ready(page)
    events = page.locator("#tried li", has_text="road is occupied")

    def told() -> bool:
        page.get_by_role("button", name="On the last minute").click()
        page.locator("#tried p").wait_for()
        return events.count() > 0

    wait_until(told)


def test_rules_are_tried_live(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    ready(page)
    page.locator("#try-live").click()
    page.locator("#tried li", has_text="road is").first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Stop watching").click()
    page.locator("#try-live", has_text="Live").wait_for()


def test_a_mistake_is_said_before_anything_is_saved(service: Service, browse: Open) -> None:
    page = browse(service, "#/setup")
    ready(page)
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
    ready(page)
    page.locator("#setup-only", has_text="edgeinfer password").wait_for()
    page.get_by_role("button", name="Line", exact=True).click()
    drag(page, (0.2, 0.5), (0.8, 0.5))
    page.locator("#toml", has_text="crossing 1").wait_for(state="attached")
    assert page.get_by_role("button", name="Save", exact=True).is_disabled()
    page.goto(f"{read_only.url}/#/collect")
    page.locator("#collect-only", has_text="edgeinfer password").wait_for()
    assert page.get_by_role("button", name="Keep", exact=True).is_disabled()
