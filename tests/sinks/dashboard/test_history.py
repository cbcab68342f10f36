from __future__ import annotations

import json
from pathlib import Path

from edgeinfer.sinks.dashboard.history import COLUMNS, History
from tests.sinks.dashboard.serving import FACTS, serving, until


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


def test_an_hour_has_a_point_each_ten_seconds_and_a_day_one_each_five_minutes(
    tmp_path: Path,
) -> None:
    clock = Clock()
    history = History(tmp_path, clock, clock)
    for _ in range(20_000):
        history.add(FACTS)
        clock.now_s += 5
    hour, day = history.columns("hour"), history.columns("day")
    assert len(hour["time_s"]) == 360
    assert len(day["time_s"]) == 288
    assert {len(column) for column in hour.values()} == {360}
    assert set(hour) == {"time_s", *COLUMNS}
    assert (hour["p95_ms"][0], hour["clock_mhz"][0]) == (31.0, 1500.0)


def test_it_outlives_a_restart_and_what_is_old_is_left_out(tmp_path: Path) -> None:
    clock = Clock()
    history = History(tmp_path, clock, clock)
    history.add(FACTS)
    history.save()
    again = History(tmp_path, clock, clock)
    assert again.columns("hour")["fps"] == [9.5]
    clock.now_s += 4000
    assert again.columns("hour")["fps"] == []
    assert again.columns("day")["fps"] == [9.5]


def test_what_the_machine_does_not_tell_is_nothing() -> None:
    history = History(None)
    history.add({"fps": None, "latency_ms": None, "readings": {}})
    columns = history.columns("hour")
    assert all(columns[name] == [None] for name in COLUMNS)


def test_a_clock_that_is_set_back_begins_anew() -> None:
    clock = Clock()
    history = History(None, clock, clock)
    history.add(FACTS)
    clock.now_s -= 50_000
    history.add(FACTS)
    assert history.columns("hour")["time_s"] == [clock.now_s]


def test_a_file_that_somebody_else_wrote_gives_no_points(tmp_path: Path) -> None:
    words = {"hour": [[1], ["a"] * 7, None, [float("nan")] * 7], "day": "x"}
    (tmp_path / "history.json").write_text(json.dumps(words))
    assert History(tmp_path).columns("hour")["time_s"] == []


def test_health_is_asked_for_and_shown_as_columns(tmp_path: Path) -> None:
    with serving(tmp_path) as dashboard, dashboard.client() as client:
        until(lambda: client.get("/api/v1/history?span=hour").json()["fps"] == [9.5])
        assert client.get("/api/v1/history?span=week").status_code == 422
