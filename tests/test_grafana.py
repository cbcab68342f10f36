"""deploy/grafana/edgeinfer.json asks for nothing that the metrics sink does not give."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.sinks.messages import event, result
from tests.sinks.test_metrics import Samples, asked, health, serving

DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/edgeinfer.json").read_text())
QUERIES = [
    *(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]),
    *(v["query"] for v in DASHBOARD["templating"]["list"] if v["type"] == "query"),
]
# What Prometheus adds to every series.
THEIR_LABELS = {"instance", "job"}
_SELECTOR = re.compile(r"(edgeinfer_\w+)(?:\{([^}]*)\})?")
_GROUPING = re.compile(r"by \(([^)]*)\)")


@pytest.fixture(scope="module")
def exported() -> Samples:
    with serving() as sink:
        for message in (result(), event(), health()):
            sink.send(message)
        return asked(sink)


def labels_of(exported: Samples, name: str) -> set[str]:
    return THEIR_LABELS | {label for labels in exported[name] for label, _ in labels}


@pytest.mark.parametrize("query", QUERIES)
def test_each_query_asks_for_metrics_and_labels_that_there_are(
    query: str, exported: Samples
) -> None:
    selectors = _SELECTOR.findall(query)
    assert selectors, "it asks for nothing of ours"
    for name, matchers in selectors:
        assert name in exported
        named = re.findall(r"(\w+)(?:=~|!~|!=|=)", matchers)
        assert set(named) <= labels_of(exported, name)
        for group in _GROUPING.findall(query):
            assert set(group.split(", ")) <= labels_of(exported, name)


@pytest.mark.parametrize("query", QUERIES)
def test_a_value_that_a_query_names_is_one_that_there_is(query: str, exported: Samples) -> None:
    for name, matchers in _SELECTOR.findall(query):
        for label, value in re.findall(r'(\w+)!?="([^"$]*)"', matchers):
            assert any((label, value) in labels for labels in exported[name])


def test_every_metric_of_ours_is_on_the_page(exported: Samples) -> None:
    asked_for = {name for query in QUERIES for name, _ in _SELECTOR.findall(query)}
    parts = re.compile(r"_(bucket|count|sum|created)$")
    assert {parts.sub("", name) for name in exported if not name.endswith("events_created")} == {
        parts.sub("", name) for name in asked_for
    }


def test_panels_have_names_of_their_own_and_do_not_cover_each_other() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["title"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for place in (panel["gridPos"],)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
