from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeinfer.model.published import Published, published
from edgeinfer.tools.here import Here, time_row
from edgeinfer.tools.kept import Timed

ROWS = {(row.name, row.dtype): row for row in published()}
SMALL = ROWS["mobilenet_v1_0.25_128", "uint8"]


class Clock:
    """Says how long each model takes, and keeps what was asked."""

    def __init__(self, others_share: float | None = 0.0) -> None:
        self.others_share = others_share
        self.asked: list[tuple[str, str]] = []

    def __call__(self, row: Published, threads: int) -> Timed:
        assert threads == 1
        self.asked.append((row.name, row.dtype))
        return Timed((row.macs or 0) / 1e6, self.others_share)


def test_a_written_model_is_really_timed() -> None:
    timed = time_row(SMALL, 1)
    assert 0 < timed.ms < 1000
    assert timed.others_share is None or 0 <= timed.others_share <= 1


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


def the_kept(folder: Path) -> tuple[Path, dict[str, dict[str, object]]]:
    (file,) = folder.iterdir()
    return file, json.loads(file.read_text())


def test_a_kept_time_has_its_day_and_the_digest_of_what_was_timed(tmp_path: Path) -> None:
    before = datetime.now(UTC).date().isoformat()
    found = Here(1, Clock(), folder=tmp_path).of(SMALL)
    _, table = the_kept(tmp_path)
    (kept,) = table.values()
    assert set(kept) == {"ms", "others_share", "date", "digest"}
    assert before <= str(kept["date"]) <= datetime.now(UTC).date().isoformat()
    assert found
    assert found.origin == f"measured here on {kept['date']}"


def test_a_model_that_is_written_otherwise_now_is_measured_again(tmp_path: Path) -> None:
    Here(1, Clock(), folder=tmp_path).of(SMALL)
    file, table = the_kept(tmp_path)
    assert Here(1, Clock(), folder=tmp_path).at_hand(SMALL)
    (kept,) = table.values()
    kept["digest"] = "of an earlier writer"
    file.write_text(json.dumps(table))
    assert Here(1, Clock(), folder=tmp_path).at_hand(SMALL) is None


def test_a_time_taken_under_load_is_marked_and_measured_again_the_next_time(
    tmp_path: Path,
) -> None:
    here = Here(1, Clock(others_share=0.4), folder=tmp_path)
    found = here.of(SMALL)
    assert found
    assert found.disturbed
    assert "other programs took 40%" in found.origin
    assert here.at_hand(SMALL) == found
    calm = Here(1, Clock(), folder=tmp_path)
    assert calm.at_hand(SMALL) is None
    again = calm.of(SMALL)
    assert again
    assert not again.disturbed
    assert Here(1, Clock(), folder=tmp_path).at_hand(SMALL) == again


def test_on_request_what_is_kept_is_measured_again_and_the_rest_stays(tmp_path: Path) -> None:
    other = ROWS["mobilenet_v1_0.25_160", "uint8"]
    first = Here(1, Clock(), folder=tmp_path)
    first.of(SMALL)
    first.of(other)
    clock = Clock()
    again = Here(1, clock, folder=tmp_path, again=True)
    for _ in range(2):
        again.of(SMALL)
    assert clock.asked == [(SMALL.name, "uint8")]
    assert Here(1, Clock(), folder=tmp_path).at_hand(other)


def test_a_file_of_bare_times_is_measured_anew(tmp_path: Path) -> None:
    Here(1, Clock(), folder=tmp_path).of(SMALL)
    file, _ = the_kept(tmp_path)
    file.write_text(json.dumps({f"{SMALL.name} uint8": 5.0}))
    assert Here(1, Clock(), folder=tmp_path).at_hand(SMALL) is None
