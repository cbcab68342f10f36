from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeinfer.sensors.kernel_files import Kept, ending, number, numbered, text


def test_what_was_found_is_kept_for_a_minute() -> None:
    now_s, found = [0.0], iter([["a"], ["b"]])
    kept = Kept(lambda: next(found), lambda: now_s[0])
    now_s[0] = 59.9
    assert kept.get() == ["a"]
    now_s[0] = 60.0
    assert kept.get() == ["b"]
    now_s[0] = 61.0
    assert kept.get() == ["b"]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("42\n", 42),
        ("42\0", 42),
        (" 42", 42),
        ("-1", None),
        ("101", None),
        ("4.2", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_a_number_is_one_that_can_be(tmp_path: Path, content: str, value: int | None) -> None:
    (tmp_path / "file").write_text(content)
    assert number(tmp_path / "file", 0, 100) == value


def test_what_cannot_be_read_is_no_text(tmp_path: Path) -> None:
    assert text(tmp_path) == ""
    assert text(tmp_path / "none") == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("42")
    (tmp_path / "file").chmod(0)
    assert text(tmp_path / "file") == ""


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    text(tmp_path)  # a folder opens, and cannot be read
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_devices_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("hwmon10", "hwmon2", "hwmon"):
        (tmp_path / name).mkdir()
    assert [path.name for path in numbered(tmp_path, "*")] == ["hwmon", "hwmon2", "hwmon10"]
    assert (ending("apex_0"), ending("apex_12"), ending("apex")) == (0, 12, -1)
