"""Events from the durable store: lists, pictures, counts, exports."""

from __future__ import annotations

import csv
import io
import sqlite3
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import pytest

from edgeinfer.core.results import Event
from edgeinfer.sinks.dashboard.events import Events, Wanted
from tests.conftest import fill
from tests.sinks.dashboard.serving import Dashboard, event, result, serving, setup


def _ids(dashboard: Dashboard, query: str = "") -> list[str]:
    with dashboard.client() as client:
        return [one["id"] for one in client.get(f"/api/v1/events?{query}").json()["events"]]


def test_events_are_the_newest_first_by_rule_kind_and_label(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard:
        dashboard.send(event(1))
        dashboard.send(event(2, "gate", "in", label="car"))
        dashboard.send(event(3, kind="free"))
        assert _ids(dashboard) == ["step-3", "gate-2", "step-1"]
        assert _ids(dashboard, "rule=gate") == ["gate-2"]
        assert _ids(dashboard, "label=car") == ["gate-2"]
        assert _ids(dashboard, "rule=step&kind=free") == ["step-3"]
        assert _ids(dashboard, "rule=' OR 1=1 --") == []


def test_pages_follow_each_other(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        for seq in range(5):
            dashboard.send(event(seq))
        seen: list[str] = []
        page: dict[str, Any] = {"next": 2**50}
        while page["next"] is not None:
            page = client.get(f"/api/v1/events?limit=2&before={page['next']}").json()
            seen += [one["id"] for one in page["events"]]
    assert seen == [f"step-{seq}" for seq in (4, 3, 2, 1, 0)]


def test_events_and_pictures_outlive_the_process(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard:
        dashboard.send(event(1))
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        (found,) = client.get("/api/v1/events").json()["events"]
        assert found["id"] == "step-1"
        assert client.get(found["picture"]).content.startswith(b"\xff\xd8")


def test_a_picture_beyond_the_quota_is_gone_and_said_to_be(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        dashboard.send(event(1))
        for file in (tmp_path / "dashboard/pictures").iterdir():
            file.unlink()
        (found,) = client.get("/api/v1/events").json()["events"]
        assert found["picture"] is None
        assert client.get("/api/v1/events/step-1/picture.jpg").status_code == 404
        assert client.get("/api/v1/events/nobody/picture.jpg").status_code == 404


def test_all_of_them_as_a_table_and_as_json(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        for seq in range(1200):  # more than are read at once
            dashboard.parts.events.add(event(seq), None)
        dashboard.send(event(5000, "=cmd|' /C calc'!A0"))
        table = client.get("/api/v1/events.csv")
        assert 'filename="events.csv"' in table.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(table.text)))
        document = client.get("/api/v1/events.json").json()
        nothing = client.get("/api/v1/events.json?rule=nothing").json()
        empty = client.get("/api/v1/events.csv?rule=nothing").text
    assert len(rows) == len(document["events"]) == 1201
    assert rows[0]["rule"].startswith("'="), "a spreadsheet must not calculate it"
    assert rows[1]["id"] == document["events"][1]["id"] == "step-1199"
    assert nothing == {"events": []}
    assert empty.count("\n") == 1


def test_events_are_counted_by_hour_and_by_day(tmp_path: Path) -> None:
    store = Events(tmp_path / "events.sqlite3")
    store.open()
    for seq in (0, 1, 36_000):  # an hour apart: results are a tenth of a second apart
        store.add(event(seq), None)
    store.add(event(0, "gate"), None)
    hours = store.counts(3600, 0, Wanted(), 0)
    assert [(one.rule, one.count) for one in hours] == [("gate", 1), ("step", 2), ("step", 1)]
    assert hours[2].begin_s - hours[1].begin_s == 3600
    assert hours[0].begin_s % 3600 == 0
    (day,) = store.counts(86_400, 0, Wanted("gate"), 3600)
    assert (day.begin_s + 3600) % 86_400 == 0, "midnight of a place an hour ahead"
    assert store.counts(3600, 2**40, Wanted(), 0) == []
    store.close()


def test_events_are_counted_by_label_too(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        now_s = time()
        for seq, label in enumerate(["train", "train", "car"]):
            shot = replace(result(seq), frame=replace(result(seq).frame, wall_ns=int(now_s * 1e9)))
            dashboard.send(Event("gate", "in", shot, {"label": label}))
        dashboard.send(Event("camera", "dark", shot, {}))
        bars = client.get("/api/v1/counts?by=day").json()["bars"]
        trains = client.get("/api/v1/counts?by=hour&label=train").json()["bars"]
    found = [(bar["rule"], bar["label"], bar["count"]) for bar in bars]
    assert found == [("camera", "", 1), ("gate", "car", 1), ("gate", "train", 2)]
    assert [(bar["label"], bar["count"]) for bar in trains] == [("train", 2)]


def test_an_event_without_a_label_has_that_of_its_rule_if_that_watches_one_alone(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, told=setup()) as dashboard:
        dashboard.send(Event("step", "occupied", result(1), {"count": 2}, id="of the rule"))
        dashboard.send(Event("step", "loitering", result(2), {"label": "car"}, id="its own"))
        dashboard.send(Event("camera", "dark", result(3), {}, id="of none"))
        assert _ids(dashboard, "label=person") == ["of the rule"]
        assert _ids(dashboard, "label=car") == ["its own"]


def test_an_event_that_comes_twice_stands_there_once(tmp_path: Path) -> None:
    store = Events(tmp_path / "events.sqlite3")
    store.open()
    assert store.add(event(1), None) is not None
    assert store.add(event(1), None) is None
    assert len(store.find(Wanted(), 10)) == 1
    store.close()


@pytest.mark.parametrize(
    "damage", [b"not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 999]
)
def test_a_damaged_file_is_set_aside_and_the_events_go_on(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "events.sqlite3"
    path.write_bytes(damage)
    store = Events(path)
    store.open()
    assert store.add(event(1), None) is not None
    store.close()
    assert (tmp_path / "events.sqlite3.aside").read_bytes() == damage
    with sqlite3.connect(path) as again:
        assert again.execute("SELECT count(*) FROM events").fetchone() == (1,)
    again.close()


def test_a_full_disk_leaves_events_in_memory_until_there_is_room(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = small_disk / "events.sqlite3"
    store = Events(path)
    store.open()
    filler = small_disk / "filler"
    fill(filler)
    added = [store.add(event(seq), None) for seq in range(8)]
    numbers = [row.number for row in added if row]
    assert len(numbers) == 8, "each of them can be shown"
    assert 0 in numbers, "the disk was not full"
    filler.unlink()
    store.add(event(8), None)
    assert [row.id for row in store.find(Wanted(after=0), 999)] == [f"step-{n}" for n in range(9)]
    store.close()
    said = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert len(said) == 2
    assert "full" in said[0]
    assert "kept again" in said[1]


def test_what_waits_in_memory_is_tried_once_more_at_the_end(small_disk: Path) -> None:
    path = small_disk / "events.sqlite3"
    store = Events(path)
    store.open()
    filler = small_disk / "filler"
    fill(filler)
    for seq in range(8):
        store.add(event(seq), None)
    filler.unlink()
    store.close()
    again = Events(path)
    again.open()
    assert len(again.find(Wanted(), 999)) == 8
    again.close()


def test_without_a_folder_events_are_kept_while_the_process_lives() -> None:
    store = Events(None)
    store.open()
    store.add(event(1), None)
    assert [row.id for row in store.find(Wanted(), 10)] == ["step-1"]
    store.close()
