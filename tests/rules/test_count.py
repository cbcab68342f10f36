from __future__ import annotations

import logging
from datetime import UTC
from pathlib import Path

import pytest

from edgeinfer.core.results import Detection, Event
from edgeinfer.rules.count import CountRule
from tests.rules.scenes import car, in_picture, moments, play


def count(folder: Path) -> CountRule:
    return CountRule("cars", CountRule.Options(folder=folder), UTC)


def one_every_minute(seconds: float) -> list[Detection]:
    return in_picture([car(seconds % 60 / 10)])


def told(events: list[Event]) -> list[tuple[int, int, int]]:
    return [(e.facts["now"], e.facts["hour"], e.facts["day"]) for e in events]


def test_how_many_now_and_how_many_came(tmp_path: Path) -> None:
    events = play(count(tmp_path), one_every_minute, moments(5, 125))
    assert told(events)[-1] == (0, 3, 3) or told(events)[-1] == (1, 3, 3)
    assert {now for now, _, _ in told(events)} == {0, 1}
    assert [day for _, _, day in told(events)] == sorted(day for _, _, day in told(events))


def test_an_object_counts_once_however_long_it_stays(tmp_path: Path) -> None:
    def scene(seconds: float) -> list[Detection]:
        return [car(0.5)] if int(seconds * 5) % 7 else []

    assert told(play(count(tmp_path), scene, moments(5, 300)))[-1] == (1, 1, 1)


def test_a_new_hour_begins_with_0_and_a_new_day_too(tmp_path: Path) -> None:
    """The scene begins at noon."""
    rule = count(tmp_path)
    assert told(play(rule, one_every_minute, [n / 5 + 3580 for n in range(50)]))[-1] == (0, 0, 0)
    play(rule, one_every_minute, [n / 5 + 3540 for n in range(100)])
    hour = play(rule, lambda _: [], [3601.0])
    assert told(hour) == [(0, 0, 1)]
    day = play(rule, lambda _: [], [12 * 3600.0 + 1])
    assert told(day) == [(0, 0, 0)]
    assert day[0].facts["total"] == 1


def test_the_numbers_survive_a_restart(tmp_path: Path) -> None:
    play(count(tmp_path), one_every_minute, moments(5, 200))
    events = play(count(tmp_path), one_every_minute, [n / 5 + 240 for n in range(100)])
    assert 4 <= events[-1].facts["day"] <= 5, "at most the last minute is lost"


def test_a_clean_end_loses_nothing(tmp_path: Path) -> None:
    rule = count(tmp_path)
    play(rule, one_every_minute, moments(5, 200))
    rule.close()
    assert count(tmp_path).state["total"] == 4


def test_an_end_at_which_nothing_is_new_writes_nothing(tmp_path: Path) -> None:
    rule = count(tmp_path)
    play(rule, lambda _: [car(0.5)], moments(5, 20))
    (path,) = tmp_path.iterdir()
    path.unlink()
    rule.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fps", [0.1, 0.3, 0.5, 1])
def test_at_few_frames_an_object_that_stays_still_counts_once(tmp_path: Path, fps: float) -> None:
    def scene(seconds: float) -> list[Detection]:
        return [] if round(seconds * fps) % 8 in (4, 5) else [car(0.5)]

    assert told(play(count(tmp_path), scene, moments(fps, 60 / fps)))[-1] == (1, 1, 1)


def test_it_is_written_at_most_once_a_minute_and_never_for_nothing(tmp_path: Path) -> None:
    rule, writes = count(tmp_path), set[int]()
    for second in range(600):
        play(rule, lambda _: [car(0.5)], [second + n / 5 for n in range(5)])
        writes |= {path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(writes) <= 10
    assert [path.name for path in tmp_path.iterdir()] == ["count-cars.json"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"v": 0, "cars": 7}', '{"v": 1, "total": "x"}', "\0"]
)
def test_a_file_that_says_nothing_is_one_warning_and_counting_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    (tmp_path / "count-cars.json").write_text(text)
    with caplog.at_level(logging.WARNING):
        events = play(count(tmp_path), one_every_minute, moments(5, 30))
    assert events[-1].facts["total"] == 1
    assert len(caplog.records) == 1
    assert "count-cars.json" in caplog.text
    assert "counting begins at 0" in caplog.text


def test_a_folder_that_is_gone_is_one_warning_while_counting_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rule = count(tmp_path / "gone")
    with caplog.at_level(logging.WARNING):
        events = play(rule, one_every_minute, moments(5, 300))
    assert events[-1].facts["total"] == 5
    assert len(caplog.records) == 1
    assert "a restart would lose the count" in caplog.text


def test_the_name_of_a_rule_is_a_file_name_too(tmp_path: Path) -> None:
    rule = CountRule("cars / in", CountRule.Options(folder=tmp_path), UTC)
    play(rule, one_every_minute, moments(5, 30))
    assert [path.name for path in tmp_path.iterdir()] == ["count-cars___in.json"]
