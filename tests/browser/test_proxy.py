"""The page through the reverse proxies of the examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Open
from tests.browser.service import Place, Service
from tests.browser.test_live import CHANGES, SUM
from tests.deploy.proxies import KINDS, before

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_lives_behind_a_proxy(
    place: Place, browse: Open, tmp_path: Path, kind: str
) -> None:
    with place.running() as service, before(kind, tmp_path / kind, place.port) as proxy:
        outside = Service(proxy.url, service.file)
        page = browse(outside, ignore_https_errors=True)
        (cookie,) = page.context.cookies()
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
        page.locator("#live-screen .tag", has_text="Live").wait_for()
        page.get_by_text("In the picture: ").wait_for()
        picture = page.locator("#live-screen canvas").first
        page.wait_for_function(CHANGES, arg=picture.evaluate(SUM))
        page.get_by_role("button", name="Pause").click()
        page.locator("#live-screen .veil", has_text="Paused").wait_for()
