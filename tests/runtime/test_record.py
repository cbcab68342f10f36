from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeinfer import last_run, state
from edgeinfer.core.results import Reading
from edgeinfer.errors import SourceError
from edgeinfer.runtime.record import Record


def written(folder: Path) -> dict[str, Any]:
    return state.kept(folder / last_run.RECORD)


def recorded(folder: Path, clock: Callable[[], float] = lambda: 0.0) -> Record:
    return Record(folder, clock=clock, catch_crashes=lambda _: None)


def _fail(folder: Path, error: BaseException) -> None:
    record = recorded(folder)
    record.begin()
    with pytest.raises(type(error)), record:
        raise error


def test_it_says_running_until_the_end_says_better(tmp_path: Path) -> None:
    with recorded(tmp_path) as record:
        record.begin(delegate="libx.so")
        own = written(tmp_path)
        assert (own["ending"], own["pid"], own["delegate"]) == ("running", os.getpid(), "libx.so")
    assert (written(tmp_path)["ending"], written(tmp_path)["reason"]) == (
        "finished",
        "the source has ended",
    )


def test_what_was_asked_for_is_no_failure(tmp_path: Path) -> None:
    with recorded(tmp_path) as record:
        record.begin()
        record.reason = "asked to stop"
    assert written(tmp_path)["ending"] == "stopped"


@pytest.mark.parametrize(
    ("error", "ending", "reason"),
    [
        (SourceError("camera: gone"), "error", "camera: gone"),
        (ZeroDivisionError("by 0"), "error", "ZeroDivisionError: by 0"),
        (KeyboardInterrupt(), "stopped", "asked to stop"),
    ],
)
def test_an_error_is_its_reason(
    tmp_path: Path, error: BaseException, ending: str, reason: str
) -> None:
    _fail(tmp_path, error)
    assert (written(tmp_path)["ending"], written(tmp_path)["reason"]) == (ending, reason)


def test_the_worst_is_kept_and_not_the_last(tmp_path: Path) -> None:
    with recorded(tmp_path) as record:
        record.begin()
        for value_c, throttled in ((70.0, 1.0), (50.0, 0.0)):
            record.observe(
                [Reading("cpu", value_c, "c", 0), Reading("throttled", throttled, "flag", 0)]
            )
    assert written(tmp_path)["hottest_c"] == 70.0
    assert written(tmp_path)["flags_seen"] == ["throttled"]


def test_while_it_runs_a_card_is_written_after_a_minute_and_then_every_ten(tmp_path: Path) -> None:
    now_s = 0.0
    saved: list[float] = []

    def facts() -> dict[str, float]:
        saved.append(now_s)
        return {"at": now_s}

    record = recorded(tmp_path, lambda: now_s)
    record.begin()
    while now_s < 3600:
        record.save_when_due(facts)
        now_s += 0.5
    assert saved == [60, 660, 1260, 1860, 2460, 3060]
    assert written(tmp_path)["at"] == 3060


def test_the_next_run_reads_how_the_last_one_ended(tmp_path: Path) -> None:
    _fail(tmp_path, SourceError("camera: gone"))
    after = recorded(tmp_path)
    assert after.before
    assert after.before.reason == "camera: gone"
    after.begin()
    assert written(tmp_path)["last_exit"]["reason"] == "camera: gone"


def test_a_second_process_leaves_the_record_of_the_first_alone(tmp_path: Path) -> None:
    first = recorded(tmp_path)
    first.begin(model="first")
    with recorded(tmp_path) as second:
        assert second.before is None
        second.begin(model="second")
    assert (written(tmp_path)["ending"], written(tmp_path)["model"]) == ("running", "first")


def test_a_folder_that_cannot_be_written_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with recorded(tmp_path / "absent") as record:
        record.begin()
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == [
        "No such file or directory; no record is kept"
    ]


def test_without_a_folder_nothing_is_kept() -> None:
    with Record() as record:
        record.begin()
        assert record.before is None
