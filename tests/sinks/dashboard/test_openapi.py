"""What the document says is what is answered, whatever is asked; and the page says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.conftest import ROOT
from tests.sinks.dashboard.serving import FACTS, TOML, Dashboard, event, serving, setup

ENDLESS = ("/api/v1/stream.mjpg", "/api/v1/updates")
# A wrong password a minute is enough; and whoever logs out asks nothing more.
LEFT_OUT = (*ENDLESS, "/api/v1/login", "/api/v1/logout")
_NAMED = re.compile(r"`((?:/api/v1|/healthz|/login|/openapi\.json|/)[\w./{}-]*)`")


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[Dashboard]:
    """With a file that may be saved, and a model that can be looked at."""
    folder = tmp_path_factory.mktemp("openapi")
    file = folder / "edgeinfer.toml"
    file.write_text(TOML)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("EDGEINFER_MODELS", str(models))
        # Paused: nobody sends it results meanwhile, and a crowded machine takes long.
        paused = {**FACTS, "paused": True}
        with serving(folder, with_password=True, told=setup(file), facts=paused) as served:
            served.send(event(1))
            yield served


@pytest.fixture(scope="module")
def document(dashboard: Dashboard) -> dict[str, Any]:
    with dashboard.client() as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
    return found


@pytest.mark.timeout(600)
def test_no_request_makes_it_fail(dashboard: Dashboard, document: dict[str, Any]) -> None:
    """Every operation, with words that fit its schema and with words that do not."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.base_url = dashboard.url
    asked = 0
    with dashboard.logged_in() as client:
        headers = {
            "X-CSRF-Token": client.headers["X-CSRF-Token"],
            "Cookie": f"edgeinfer={client.cookies['edgeinfer']}",
        }
        for found in schema.get_all_operations():
            case: Any = found.ok()  # type: ignore[union-attr] # else it fails, as it should
            if case.path not in LEFT_OUT:
                asked += _ask(case, headers)
        assert client.get("/api/v1/status").status_code == 200, "it lives"
    assert asked > 100
    assert all(word in ("ON", "OFF", "PRESS") for _, word in dashboard.commands)


def _ask(operation: Any, headers: dict[str, str]) -> int:
    strategy = operation.as_strategy()
    asked = []

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def ask(case: Any) -> None:
        answer = case.call(headers=headers)
        asked.append(answer.status_code)
        case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

    ask()
    return len(asked)


def test_the_document_names_every_route_and_the_page_too(document: dict[str, Any]) -> None:
    page = (ROOT / "docs/http.md").read_text(encoding="utf-8")
    assert set(_NAMED.findall(page)) == set(document["paths"])


def test_the_page_names_the_methods_that_change(document: dict[str, Any]) -> None:
    page = (ROOT / "docs/http.md").read_text(encoding="utf-8")
    changes = {
        f"{method.upper()} `{path}`"
        for path, operations in document["paths"].items()
        for method in operations
        if method != "get"
    }
    assert changes
    assert {change for change in changes if change not in page} == set()


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"label": NaN}', "application/json", 400),
        (b'{"label": "\\ud800"}', "application/json", 422),
        (b'{"label": 1}', "application/json", 422),
        (b'{"lable": "person"}', "application/json", 422),
        (b"label=person", "application/x-www-form-urlencoded", 415),
        (b'{"label": "../../etc"}', "application/json", 422),
        (b'{"label": "' + b"9" * 5000 + b'"}', "application/json", 422),
        (b'{"label": ' + b"9" * 5000 + b"}", "application/json", 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_not_asked_well_is_said_in_a_line(
    dashboard: Dashboard, body: bytes, content_type: str, status: int
) -> None:
    with dashboard.logged_in() as client:
        answer = client.post(
            "/api/v1/collect", content=body, headers={"Content-Type": content_type}
        )
    assert answer.status_code == status
    assert "\n" not in answer.json()["error"]
    assert ": " in answer.json()["error"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=501", "before=-1", f"before={10**30}", "limit=1e3"]
)
def test_a_query_out_of_bounds_is_said(dashboard: Dashboard, query: str) -> None:
    with dashboard.logged_in() as client:
        assert client.get(f"/api/v1/events?{query}").status_code == 422


def test_the_wrong_method_and_the_wrong_path_are_said(dashboard: Dashboard) -> None:
    with dashboard.client() as client:
        assert client.delete("/healthz").status_code == 405
        assert client.get("/api/v2/status").json()["error"].startswith("not found")
