"""What a person sees who only looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import Open
from tests.browser.service import Place, Service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# A sum over the pixels of a canvas, which another picture does not have.
SUM = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum += data[at] * (1 + at % 9973) % 65521;
  return sum;
}"""
CHANGES = f"""before => {{
  const sum = {SUM};
  return sum(document.querySelector('#live-screen canvas')) !== before;
}}"""
_DRAWN = f"() => ({SUM})(document.querySelectorAll('#live-screen canvas')[1]) > 0"


def test_the_live_picture_moves(service: Service, browse: Open) -> None:
    page = browse(service)
    picture = page.locator("#live-screen canvas").first
    picture.wait_for()
    page.wait_for_function(f"() => ({SUM})(document.querySelector('#live-screen canvas')) > 0")
    for _ in range(3):
        page.wait_for_function(CHANGES, arg=picture.evaluate(SUM))


def test_boxes_are_drawn_over_the_picture_and_can_be_left_out(
    service: Service, browse: Open
) -> None:
    page = browse(service)
    page.get_by_label("Zones and lines", exact=True).uncheck()
    page.get_by_label("Ways").uncheck()
    page.locator("#live-screen canvas").first.wait_for()
    page.wait_for_function(_DRAWN)
    page.get_by_label("Boxes").uncheck()
    page.wait_for_function(f"() => !({_DRAWN})()")


# Numbers of the pictures and of the results that come to a page of its own.
_LISTEN = """async () => {
  const { on } = await import("./static/updates.js");
  const { parts } = await import("./static/stream.js");
  window.results = new Set();
  window.pictures = [];
  on("result", ({ seq }) => window.results.add(seq));
  fetch("api/v1/stream.mjpg").then(async ({ body }) => {
    for await (const { seq } of parts(body)) if (window.results.size) window.pictures.push(seq);
  });
}"""


# So many in a row: on a crowded machine a picture, or its result, gives way to the next one.
_ALL_MET = """() => window.pictures.some((_, at) => {
  const row = window.pictures.slice(at, at + 12);
  return row.length === 12 && row.every(seq => window.results.has(seq));
})"""


def test_every_picture_meets_its_own_boxes(service: Service, browse: Open) -> None:
    page = browse(service)
    page.locator("#live-seen:not(:empty)").wait_for()
    page.evaluate(_LISTEN)
    page.wait_for_function(_ALL_MET)


def test_the_picture_says_in_words_what_is_on_it(service: Service, browse: Open) -> None:
    page = browse(service)
    page.get_by_role("img", name="Live picture: stop sign").wait_for()
    page.get_by_text("In the picture: stop sign.").wait_for()


def test_the_service_is_paused_and_goes_on(place: Place, browse: Open) -> None:
    with place.running() as service:
        page = browse(service)
        page.locator("#live-screen .tag", has_text="Live").wait_for()
        page.get_by_role("button", name="Pause").click()
        page.locator("#live-screen .veil", has_text="Paused").wait_for()
        assert page.evaluate("fetch('api/v1/status').then(a => a.json())")["paused"]
        page.get_by_role("button", name="Go on").click()
        page.locator("#live-screen .tag", has_text="Live").wait_for()
        page.locator("#live-screen .veil").wait_for(state="hidden")
        picture = page.locator("#live-screen canvas").first
        page.wait_for_function(CHANGES, arg=picture.evaluate(SUM))


def test_an_answer_that_comes_late_does_not_undo_a_filter(service: Service, browse: Open) -> None:
    page = browse(service, "#/events")
    page.locator("#event-list .event").first.wait_for()
    page.goto(f"{service.url}/#/live")
    of_all = re.compile(r"/api/v1/events\?(?!.*rule=\w).*limit=48")
    held: list[Route] = []
    page.route(of_all, lambda route: held.append(route))  # noqa: PLW0108 - it marks what it is given
    with page.expect_request(of_all):
        page.goto(f"{service.url}/#/events")
    page.locator("#filters").get_by_label("Rule").select_option("snapshot")
    page.get_by_text("Nothing like that").wait_for()
    with page.expect_response(of_all):
        for route in held:
            route.continue_()
    page.evaluate("fetch('api/v1/status').then(answer => answer.json())")
    assert page.get_by_text("Nothing like that").is_visible()


def test_a_snapshot_is_taken_and_shown(service: Service, browse: Open) -> None:
    page = browse(service, "#/events")
    page.locator("#filters").get_by_label("Rule").select_option("snapshot")
    page.get_by_text("Nothing like that").wait_for()
    page.goto(f"{service.url}/#/live")
    page.get_by_role("button", name="Snapshot").click()
    page.get_by_text("A picture is taken.").wait_for()
    page.goto(f"{service.url}/#/events")
    page.locator("#event-list .event", has_text="snapshot").locator("img").wait_for()


def test_an_event_appears_without_a_reload(service: Service, browse: Open) -> None:
    page = browse(service, "#/events")
    page.evaluate("window.sameDocument = true")
    newest = page.locator("#event-list .event .when").first
    newest.wait_for()
    before = newest.inner_text()
    page.wait_for_function(
        "before => document.querySelector('#event-list .event .when').innerText !== before",
        arg=before,
    )
    assert page.evaluate("window.sameDocument")


def test_an_event_opens_with_its_picture_and_closes_with_escape(
    service: Service, browse: Open
) -> None:
    page = browse(service, "#/events")
    page.locator("#event-list .event:has(img)").first.click()
    page.get_by_role("dialog").get_by_role("img", name="Picture of the event: road").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")


def test_an_event_that_arrives_takes_no_focus_away(service: Service, browse: Open) -> None:
    page = browse(service, "#/events")
    newest = page.locator("#event-list .event").first
    newest.focus()
    page.evaluate("window.focused = document.activeElement")
    page.wait_for_function("() => window.focused !== document.querySelector('#event-list .event')")
    assert page.evaluate("window.focused === document.activeElement")


def test_who_filters_by_a_label_sees_its_events_arrive(service: Service, browse: Open) -> None:
    """Those of a zone name none: they are of the only label that it watches."""
    page = browse(service, "#/events")
    page.locator("#filters").get_by_label("Label").select_option("stop sign")
    newest = page.locator("#event-list .event .when").first
    before = newest.inner_text()
    page.wait_for_function(
        "before => document.querySelector('#event-list .event .when').innerText !== before",
        arg=before,
    )


def test_events_are_filtered_and_exported_as_filtered(service: Service, browse: Open) -> None:
    page = browse(service, "#/events")
    page.locator("#event-list .event").first.wait_for()
    page.locator("#filters").get_by_label("Rule").select_option("camera")
    page.get_by_text("Nothing like that").wait_for()
    page.locator("#filters").get_by_label("Rule").select_option("road")
    page.locator("#event-list .event").first.wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "rule=road" in download.value.url
    rows = download.value.path().read_text().splitlines()
    assert len(rows) > 1


def test_events_are_counted_for_who_lives_by_another_clock(service: Service, browse: Open) -> None:
    """The hours begin half an hour apart, and the days at another hour."""
    page = browse(service, "#/events", timezone_id="Asia/Kolkata")
    page.locator("#bars[aria-label*='24 hours, by rule. '][aria-label*='road: ']").wait_for()
    page.get_by_role("button", name="Days").click()
    page.locator("#bars[aria-label*='14 days, by rule. '][aria-label*='road: ']").wait_for()


def test_events_are_counted_by_label_too(service: Service, browse: Open) -> None:
    page = browse(service, "#/events")
    page.get_by_role("button", name="By label").click()
    page.locator("#bars[aria-label*='24 hours, by label. '][aria-label*='stop sign: ']").wait_for()
    page.locator("#legend li", has_text="stop sign: ").wait_for()


def test_the_machine_page_shows_charts_and_the_model(service: Service, browse: Open) -> None:
    page = browse(service, "#/machine")
    page.locator("#plots .uplot canvas").first.wait_for()
    page.locator("#model").get_by_text("coco_ssd_mobilenet_v1").wait_for()
    page.get_by_role("button", name="Last day").click()
    page.get_by_role("img", name="Memory of the last day").wait_for()


def test_a_theme_is_kept_for_the_next_visit(service: Service, browse: Open) -> None:
    page = browse(service, color_scheme="light")
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    page.reload()
    page.get_by_role("button", name="Theme: dark").wait_for()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 20, 19)"


def test_who_leaves_the_page_open_is_told_that_the_device_is_away_and_back(
    place: Place, browse: Open
) -> None:
    with place.running() as service:
        page = browse(service)
        page.get_by_text("In the picture").wait_for()
    page.get_by_text("The device does not answer.").wait_for()
    with place.running():
        page.get_by_text("The device does not answer.").wait_for(state="hidden", timeout=60_000)
        picture = page.locator("#live-screen canvas").first
        page.wait_for_function(CHANGES, arg=picture.evaluate(SUM))
