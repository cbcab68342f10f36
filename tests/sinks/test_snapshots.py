from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgeinfer import config, picture
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Event, Health, Result
from edgeinfer.errors import ConfigError, SinkError
from edgeinfer.sinks.snapshots import SnapshotsSink
from tests.sinks.messages import NOON_NS, event, result

NOON_S = NOON_NS / 1e9
SQUARE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))


def sink(path: Path, now_s: float = NOON_S, **options: Any) -> SnapshotsSink:
    return SnapshotsSink(
        SnapshotsSink.Options(path=path, **options), "porch", clock_s=lambda: now_s
    )


def with_picture(rule: str = "train", width: int = 320, height: int = 240, seq: int = 0) -> Event:
    noise = np.random.default_rng(seq).integers(0, 255, (height, width, 3), np.uint8)
    frame = replace(result().frame, pixels=noise, seq=seq, wall_ns=NOON_NS + seq * 10**9)
    return replace(event(rule), result=replace(result(), frame=frame))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=65536", "small", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def test_an_event_gives_a_picture_of_its_own_size_with_something_drawn(tmp_path: Path) -> None:
    shown = with_picture()
    with sink(tmp_path / "new", quality=95) as snapshots:
        snapshots.send(shown)
    (path,) = (tmp_path / "new").iterdir()
    assert path.name.startswith("20261125T120000.123Z_train_started_")
    pixels = picture.load(path)
    assert pixels.shape == (240, 320, 3)
    changed = np.abs(pixels.astype(int) - shown.result.frame.pixels).max(axis=2) > 150
    assert changed.sum() > 100


def test_colours_are_those_of_the_scene_whatever_order_the_source_has(tmp_path: Path) -> None:
    shown = with_picture()
    red = np.zeros((240, 320, 3), np.uint8)
    red[..., 2] = 255
    frame = replace(shown.result.frame, pixels=red, order="bgr")
    with sink(tmp_path) as snapshots:
        snapshots.send(replace(shown, result=replace(shown.result, frame=frame, findings=())))
    (path,) = tmp_path.iterdir()
    assert picture.load(path)[100, 100] == pytest.approx([255, 0, 0], abs=4)


def test_a_wide_picture_is_narrowed(tmp_path: Path) -> None:
    with sink(tmp_path, largest_width=160) as snapshots:
        snapshots.send(with_picture())
    (path,) = tmp_path.iterdir()
    assert picture.load(path).shape == (120, 160, 3)


def test_the_place_of_the_rule_and_the_way_of_the_track_are_drawn(tmp_path: Path) -> None:
    grey = np.full((240, 320, 3), 100, np.uint8)
    frame = replace(result().frame, pixels=grey)
    found = (Detection("car", 0.9, Box(0.6, 0.6, 0.8, 0.8), track=4),)
    here = Result(frame, "m", found, result().timing)
    before = replace(here, findings=(Detection("car", 0.9, Box(0.2, 0.3, 0.4, 0.5), track=4),))
    with sink(tmp_path) as snapshots:
        snapshots.send(before)
        snapshots.send(here)
        snapshots.send(Event("bay", "occupied", here, {}, place=SQUARE))
    (path,) = tmp_path.iterdir()
    pixels = picture.load(path).astype(int)
    assert pixels[60, 160].min() > 115, "the polygon is washed"
    assert np.abs(pixels[156, 160] - pixels[60, 160]).max() > 40, "the way goes through the middle"


def test_only_the_rules_and_kinds_that_are_wanted_are_kept(tmp_path: Path) -> None:
    with sink(tmp_path, rules=("train",), kinds=("started",)) as snapshots:
        snapshots.send(with_picture("bay"))
        snapshots.send(replace(with_picture(), kind="ended"))
        snapshots.send(with_picture(seq=7))
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("20261125T120007.123Z_train_started_")


def test_what_has_no_picture_is_passed_over(tmp_path: Path) -> None:
    with sink(tmp_path) as snapshots:
        snapshots.send(with_picture().without_pixels())
        snapshots.send(Health(NOON_NS, {}))
        snapshots.send(result())
    assert not list(tmp_path.iterdir())


def test_pictures_go_by_age_even_when_nothing_happens(tmp_path: Path) -> None:
    with sink(tmp_path) as snapshots:
        snapshots.send(with_picture())
    with sink(tmp_path, now_s=NOON_S + 2 * 86_400, oldest_days=1) as later:
        later.send(result())
    assert not list(tmp_path.iterdir())


def test_pictures_go_by_size(tmp_path: Path) -> None:
    with sink(tmp_path, most_bytes=1_000_000, quality=100) as snapshots:
        for seq in range(12):
            snapshots.send(with_picture(seq=seq))
    kept = sorted(tmp_path.iterdir())
    assert 2 < len(kept) < 12
    assert sum(path.stat().st_size for path in kept) <= 1_000_000
    assert kept[-1].name.startswith("20261125T120011")


def test_a_picture_beyond_the_whole_quota_is_said_once_and_blocks_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sink(tmp_path, most_bytes=1_000_000, quality=100) as snapshots:
        for seq in range(2):
            snapshots.send(with_picture(width=1280, height=900, seq=seq))
        snapshots.send(with_picture(seq=3))
    assert len(list(tmp_path.iterdir())) == 1
    (record,) = caplog.records
    assert "bytes is more than most_bytes; it is left out" in record.getMessage()


def test_a_missing_disk_is_one_line_and_is_used_once_it_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "stick/pictures"
    with sink(folder) as snapshots:
        with pytest.raises(SinkError) as caught:
            snapshots.send(result())
        folder.parent.mkdir()
        snapshots.send(with_picture())
    assert str(caught.value) == (
        f"snapshots:{folder}: no such file or directory; "
        "make the folder that it lies in, or mount its disk"
    )
    assert len(list(folder.iterdir())) == 1


def test_a_folder_that_vanishes_is_counted_anew_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    with sink(folder) as snapshots:
        snapshots.send(with_picture())
        (path,) = folder.iterdir()
        path.unlink()
        folder.rmdir()
        with pytest.raises(SinkError):
            snapshots.send(with_picture(seq=1))
        snapshots.send(with_picture(seq=1))
    assert len(list(folder.iterdir())) == 1


def test_a_full_disk_leaves_nothing_half_written(small_disk: Path) -> None:
    with sink(small_disk) as snapshots:
        with pytest.raises(SinkError, match="no space left on device; free some space, or lower"):
            snapshots.send(with_picture(width=640, height=480))
        assert not list(small_disk.iterdir())
        snapshots.send(with_picture(width=64, height=48))
    assert len(list(small_disk.iterdir())) == 1


def test_a_disk_that_is_full_is_not_back_when_nothing_had_to_be_written(small_disk: Path) -> None:
    """Between the pictures come results: they would say that it is back, picture by picture."""
    with sink(small_disk) as snapshots:
        for refused in (with_picture(width=640, height=480), result(), result()):
            with pytest.raises(SinkError, match="no space left on device"):
                snapshots.send(refused)
        assert not list(small_disk.iterdir())
        subprocess.run(["mount", "-o", "remount,size=4194304", str(small_disk)], check=True)
        snapshots.send(result())
        snapshots.send(with_picture(width=640, height=480))
    assert len(list(small_disk.iterdir())) == 1


def test_a_read_only_disk_is_one_line(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with sink(small_disk) as snapshots, pytest.raises(SinkError, match="read-only file system; na"):
        snapshots.send(result())
    with pytest.raises(SinkError, match="read-only file system; name a folder on a disk that can"):
        sink(small_disk).probe()


def test_a_folder_that_is_a_file_is_found_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is a file; name a folder"):
        sink(tmp_path / "file")


def test_the_probe_makes_nothing(tmp_path: Path) -> None:
    sink(tmp_path / "new").probe()
    assert not list(tmp_path.iterdir())
    with pytest.raises(SinkError, match="no such file or directory; make the folder"):
        sink(tmp_path / "none/new").probe()


@pytest.mark.parametrize(
    ("key", "value"),
    [("most_bytes", 0), ("oldest_days", 0), ("quality", 101), ("largest_width", 0)],
)
def test_a_quota_of_nothing_is_refused(key: str, value: int) -> None:
    problems: list[str] = []
    config.check(SnapshotsSink.Options, {"path": "x", key: value}, "sink 1", problems)
    assert problems[0].startswith(f"sink 1.{key}: {value} should be ")


def test_a_real_clip_gives_a_picture_that_opens_elsewhere(tmp_path: Path, clips: Path) -> None:
    """The file has a JPEG's first and last bytes, and OpenCV reads it."""
    capture = cv2.VideoCapture(str(clips / "train_day.mp4"))
    _, pixels = capture.read()
    capture.release()
    shown = with_picture()
    frame = replace(shown.result.frame, pixels=np.asarray(pixels, np.uint8), order="bgr")
    with sink(tmp_path) as snapshots:
        snapshots.send(replace(shown, result=replace(shown.result, frame=frame)))
    (path,) = tmp_path.iterdir()
    data = path.read_bytes()
    assert (data[:2], data[-2:]) == (b"\xff\xd8", b"\xff\xd9")
    assert picture.load(path).shape == pixels.shape
