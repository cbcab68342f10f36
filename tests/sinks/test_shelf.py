from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.sinks.shelf import Shelf, name_of
from tests.sinks.messages import NOON_NS

NOON_S = NOON_NS / 1e9
DAY_S = 86_400.0


def shelf(folder: Path, most_bytes: int = 1000, oldest_s: float = 10 * DAY_S) -> Shelf:
    opened = Shelf(folder, most_bytes, oldest_s)
    opened.open()
    return opened


def name(second: int) -> str:
    return name_of(NOON_NS + second * 10**9, "train", "ended", f"id {second}")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_name_says_when_which_rule_and_what() -> None:
    assert name_of(NOON_NS, "train", "ended", "a") == (
        "20261125T120000.123Z_train_ended_e8b7be43.jpg"
    )


@given(
    st.tuples(st.integers(0, 4 * 10**18), st.text(), st.text(), st.text()),
    st.tuples(st.integers(0, 4 * 10**18), st.text(), st.text(), st.text()),
)
def test_names_are_safe_and_sorted_by_time(
    one: tuple[int, str, str, str], other: tuple[int, str, str, str]
) -> None:
    first, second = name_of(*one), name_of(*other)
    assert first.isascii()
    assert not set(first) & set("/\\: '\"*?\0\n")
    assert len(first) <= 255
    if one[0] // 1_000_000 < other[0] // 1_000_000:
        assert first < second


def test_the_oldest_go_when_the_bytes_are_used_up(tmp_path: Path) -> None:
    full = shelf(tmp_path)
    for second in range(5):
        assert full.put(name(second), bytes(400))
    assert names(tmp_path) == [name(3), name(4)]
    assert full.bytes == 800


def test_what_an_earlier_run_left_counts(tmp_path: Path) -> None:
    shelf(tmp_path).put(name(0), bytes(700))
    again = shelf(tmp_path)
    assert again.bytes == 700
    again.put(name(1), bytes(700))
    assert names(tmp_path) == [name(1)]


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    aged = shelf(tmp_path)
    for day in range(3):
        aged.put(name(day * int(DAY_S)), b"x")
    aged.drop_older(NOON_S + 11.5 * DAY_S)
    assert names(tmp_path) == [name(2 * int(DAY_S))]
    assert aged.bytes == 1


@pytest.mark.parametrize(
    "stranger",
    [
        "holiday.jpg",
        "20261125T120000.123Z_train.jpg",
        "20261125T120000.123Z_train_ended_e8b7be43.jpg.txt",
        "x20261125T120000.123Z_train_ended_e8b7be43.jpg",
        "99999999T999999.999Z_train_ended_e8b7be43.jpg",
        ".holiday.jpg.123.part",
    ],
)
def test_files_of_others_are_neither_counted_nor_deleted(tmp_path: Path, stranger: str) -> None:
    (tmp_path / stranger).write_bytes(bytes(5000))
    (tmp_path / name(9)).mkdir()
    own = shelf(tmp_path)
    assert own.bytes == 0
    own.put(name(1), bytes(900))
    own.put(name(2), bytes(900))
    own.drop_older(NOON_S + 100 * DAY_S)
    assert names(tmp_path) == sorted([stranger, name(9)])


def test_the_same_event_again_replaces_its_picture_and_counts_once(tmp_path: Path) -> None:
    twice = shelf(tmp_path)
    twice.put(name(1), bytes(600))
    twice.put(name(1), bytes(700))
    assert twice.bytes == 700
    assert (tmp_path / name(1)).stat().st_size == 700


def test_what_is_larger_than_the_quota_costs_no_other_its_place(tmp_path: Path) -> None:
    small = shelf(tmp_path)
    small.put(name(1), bytes(10))
    assert not small.put(name(2), bytes(1001))
    assert names(tmp_path) == [name(1)]


def test_half_a_file_of_a_power_cut_goes_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / f".{name(1)}.123.part").write_bytes(b"half")
    shelf(tmp_path)
    assert names(tmp_path) == []


def test_a_file_that_somebody_else_deleted_is_no_trouble(tmp_path: Path) -> None:
    kept = shelf(tmp_path)
    kept.put(name(1), bytes(900))
    (tmp_path / name(1)).unlink()
    kept.put(name(2), bytes(900))
    assert (names(tmp_path), kept.bytes) == ([name(2)], 900)
