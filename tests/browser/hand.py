"""What a hand does on the page Set-up."""

from __future__ import annotations

import tomllib
from typing import Any

from playwright.sync_api import Page


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place of the picture to another, in fractions of it."""
    box = page.locator("svg.editor").bounding_box()
    assert box
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    for x, y in (middle, end):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.mouse.up()


def ready(page: Page) -> None:
    """The picture has its size by now, and moves nothing any more."""
    page.locator("#ruleset .rule").first.wait_for()
    page.locator("svg.editor .shape").first.wait_for()
    page.locator("#setup-screen .tag", has_text="Live").wait_for()


def save(page: Page) -> None:
    page.locator("#toml:not([aria-busy])").wait_for(state="attached")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    page.get_by_text("As it is in").wait_for()


def toml(page: Page) -> dict[str, Any]:
    """The text that would be saved, once it is there."""
    page.locator("#save-words", has_text="Not saved yet").wait_for()
    page.locator("#toml:not([aria-busy])").wait_for(state="attached")
    return tomllib.loads(page.locator("#toml").text_content() or "")
