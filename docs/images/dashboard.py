"""Makes the dashboard-*.png of this folder, of a real service in a real Chromium.

python docs/images/dashboard.py [--model demo_detector] [--minutes 4]

It needs Chromium, Playwright and the extra `web`. The minutes fill the charts and the events.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

HERE = Path(__file__).parent
PASSWORD = "only for these pictures"  # noqa: S105
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
MOST_BYTES = 280_000
# Every picture that can be seen; those further down wait to be scrolled to.
LOADED = """() => [...document.images].every(image => {
  const { width, top } = image.getBoundingClientRect();
  return !width || top > innerHeight || image.complete;
})"""
WIDE = {"width": 1200, "height": 800}
PHONE = {"width": 390, "height": 844}

TOML = """\
# A camera beside the line.
[device]
name = "line-side"

[source]
type = "synthetic"
scene = "railway"
seed = 1

[limits]
max_fps = 8
max_temp_c = 75

[[rule]]
type = "passage"
name = "trains"
labels = ["train"]

[[rule]]
type = "zone"
name = "platform"
labels = ["person"]
polygon = [[0.02, 0.8], [0.98, 0.8], [0.98, 0.94], [0.02, 0.94]]

[[sink]]
type = "dashboard"
port = {port}
folder = "dashboard"
password_file = "{secret}"
"""


@contextmanager
def service(folder: Path, model: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "edgeinfer"]
    secret = folder / "password"
    subprocess.run([*command, "password", secret], input=PASSWORD, text=True, check=True)
    (folder / "edgeinfer.toml").write_text(TOML.format(port=port, secret=secret))
    words = ["--model", model, "--simulate-heat", "pi4-summer"]
    process = subprocess.Popen(
        [*command, "run", "-c", "edgeinfer.toml", *words],
        cwd=folder,
        env={**os.environ, "EDGEINFER_STATE": str(folder / "state")},
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def enter(browser: Browser, url: str, **options: object) -> Page:
    page = browser.new_context(locale="en-GB", **options).new_page()
    page.set_default_timeout(180_000)
    for _ in range(100):  # until the service listens
        try:
            page.goto(f"{url}/login")
            break
        except Exception:  # noqa: BLE001 - whatever Chromium calls a refused connection
            page.wait_for_timeout(500)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator("#page-live").wait_for()
    return page


def go(page: Page, name: str) -> None:
    page.get_by_role("navigation").locator(f"a[href='#/{name}']").click()
    page.locator(f"#page-{name}").wait_for()


def keep(page: Page, name: str) -> None:
    """As a PNG; of 256 colours where the noise of the picture makes it large."""
    page.locator("#toasts").evaluate("toasts => { toasts.hidden = true; }")
    page.wait_for_function(LOADED)
    data = page.screenshot()
    path = HERE / f"dashboard-{name}.png"
    if len(data) < MOST_BYTES:
        path.write_bytes(data)
    else:
        Image.open(io.BytesIO(data)).convert("RGB").quantize(256, kmeans=2).save(
            path, optimize=True
        )


def train(page: Page) -> Locator:
    return page.locator("#live-screen canvas[aria-label*='train']")


def a_train_is_seen(page: Page) -> None:
    """For so long that it is not one of the model's mistakes, and has come far in."""
    seen = 0
    while seen < 6:
        seen = seen + 1 if train(page).count() else 0
        page.wait_for_timeout(500)


def live(page: Page, name: str) -> None:
    go(page, "live")
    for _ in range(20):  # a busy machine is slow to take it, and the train is gone
        a_train_is_seen(page)
        keep(page, name)
        if train(page).count():
            return


def setup(page: Page) -> None:
    go(page, "setup")
    page.locator("svg.editor .shape").first.wait_for()
    page.get_by_role("button", name="Zone", exact=True).click()
    box = page.locator("svg.editor").bounding_box()
    assert box is not None  # noqa: S101
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.35 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.72 * box["width"], box["y"] + 0.74 * box["height"], steps=4)
    page.mouse.up()
    rule = page.locator(".rule[open]")
    rule.get_by_label("Name").fill("train at the stop")
    rule.get_by_label("Labels").fill("train")
    rule.get_by_label("Labels").press("Enter")
    page.get_by_role("button", name="On the last minute").click()
    page.locator("#tried p").wait_for()
    page.evaluate("scrollTo(0, 0)")
    keep(page, "setup")


def collect(page: Page) -> None:
    go(page, "collect")
    for label, many in (("train", 12), ("empty", 3)):
        for _ in range(many):
            page.locator("#keep input").fill(label)
            with page.expect_response("**/api/v1/collect"):
                page.locator("#keep button").click()
    keep(page, "collect")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--model", default="demo_detector")
    words.add_argument("--minutes", type=float, default=4.0)
    said = words.parse_args()
    with (
        TemporaryDirectory() as folder,
        service(Path(folder), said.model) as url,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = enter(browser, url, viewport=WIDE, color_scheme="light")
        page.wait_for_timeout(said.minutes * 60_000)
        live(page, "live")
        setup(page)
        go(page, "events")
        page.locator("#event-list .event img").first.wait_for()
        keep(page, "events")
        collect(page)
        page.emulate_media(color_scheme="dark")
        go(page, "machine")
        page.locator("#plots .uplot").last.wait_for()
        keep(page, "machine-dark")
        live(page, "live-dark")
        page.context.close()
        phone = enter(browser, url, viewport=PHONE, is_mobile=True, has_touch=True)
        live(phone, "live-phone")
        go(phone, "events")
        phone.locator("#event-list .event img").first.wait_for()
        keep(phone, "events-phone")
        browser.close()


if __name__ == "__main__":
    main()
