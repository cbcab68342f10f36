from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeinfer.runtime import strikes
from edgeinfer.runtime.strikes import FILE, Strikes


def after(count: int) -> Strikes:
    return Strikes("lib", count, last_s=1000.0)


def test_pauses_begin_with_the_third_and_double_up_to_a_day() -> None:
    assert [after(n).pause_s for n in range(7)] == [0, 0, 0, 60, 120, 240, 480]
    assert after(13).pause_s == 61_440
    assert after(14).pause_s == after(10**9).pause_s == 86_400


def test_a_pause_passes() -> None:
    assert [after(3).left_s(now_s) for now_s in (1000, 1059, 1060, 2000)] == [60, 1, 0, 0]


def test_a_clock_that_was_set_back_ends_the_pause() -> None:
    assert after(9).left_s(999) == 0


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    counted = Strikes("lib").more("it hangs", 12.5)
    strikes.write(tmp_path, counted)
    assert strikes.read(tmp_path, "lib") == counted == Strikes("lib", 1, 12.5, "it hangs")


def test_another_delegate_begins_anew(tmp_path: Path) -> None:
    strikes.write(tmp_path, after(5))
    assert strikes.read(tmp_path, "other") == Strikes("other")


@pytest.mark.parametrize(
    "damaged",
    [{"delegate": "lib", "count": "3"}, {"delegate": "lib", "colour": 1}, {"count": 3}, [], "x"],
)
def test_a_damaged_file_counts_nothing(tmp_path: Path, damaged: object) -> None:
    (tmp_path / FILE).write_text(json.dumps(damaged))
    assert strikes.read(tmp_path, "lib") == Strikes("lib")


def test_where_nothing_is_kept_nothing_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    strikes.write(None, after(3))
    assert strikes.read(None, "lib") == Strikes("lib")
    strikes.write(tmp_path / "absent", after(3))
    assert "failures are not counted" in caplog.text
