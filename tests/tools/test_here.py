from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeinfer.model.published import Published, published
from edgeinfer.tools.here import Here, time_row

ROWS = {(row.name, row.dtype): row for row in published()}
SMALL = ROWS["mobilenet_v1_0.25_128", "uint8"]


class Clock:
    """Says how long each model takes, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, row: Published, threads: int) -> float:
        assert threads == 1
        self.asked.append((row.name, row.dtype))
        return (row.macs or 0) / 1e6


def test_a_written_model_is_really_timed() -> None:
    assert 0 < time_row(SMALL, 1) < 1000


def test_a_time_is_measured_once_and_kept(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(2):
        here = Here(1, clock, folder=tmp_path)
        found = here.of(SMALL)
        assert found
        assert found.kind == "measured"
        assert found.ms == pytest.approx(13.57, abs=0.01)
    assert clock.asked == [(SMALL.name, "uint8")]
    (file,) = tmp_path.iterdir()
    assert "litert" in file.name
    assert file.name.endswith("-1-threads.json")


def test_threads_have_times_of_their_own(tmp_path: Path) -> None:
    Here(1, Clock(), folder=tmp_path).of(SMALL)
    other = Here(2, Clock(), folder=tmp_path)
    if other.threads == 1:
        pytest.skip("this machine has one core")
    assert other.at_hand(SMALL) is None


def test_a_damaged_file_of_times_is_measured_anew(tmp_path: Path) -> None:
    Here(1, Clock(), folder=tmp_path).of(SMALL)
    (file,) = tmp_path.iterdir()
    file.write_text("[")
    again = Here(1, Clock(), folder=tmp_path)
    assert again.at_hand(SMALL) is None
    assert again.of(SMALL)
    assert json.loads(file.read_text())


def test_where_nothing_can_be_kept_it_is_measured_and_said(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    here = Here(1, Clock(), folder=blocked / "folder")
    assert here.of(SMALL)
    assert any("could not be kept" in note for note in here.notes())


def test_what_cannot_be_written_is_estimated_from_its_like_and_marked(tmp_path: Path) -> None:
    clock = Clock()
    here = Here(1, clock, folder=tmp_path)
    lite = ROWS["efficientnet_lite0", "int8"]
    found = here.of(lite)
    assert found
    assert found.kind == "estimated"
    assert not found.trusted
    ((anchor, dtype),) = clock.asked
    assert anchor.startswith("mobilenet_v2")
    assert dtype == "uint8"
    assert anchor in found.origin
    assert found.ms == pytest.approx(407, abs=0.1)  # Clock's rate is 1 M MACs a ms for all


def test_what_has_no_macs_and_cannot_be_written_stays_unknown(tmp_path: Path) -> None:
    clock = Clock()
    here = Here(1, clock, folder=tmp_path)
    det = ROWS["efficientdet_lite0", "int8"]
    assert here.of(det) is None
    assert here.unknown(det) == "cannot be measured here"
    assert clock.asked == []
