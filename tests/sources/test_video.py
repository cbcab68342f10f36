from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgeinfer.core.frame import Frame
from edgeinfer.errors import SourceError
from edgeinfer.sources.video import VideoSource

CLIP_PX = (64, 48)
CLIP_FPS = 20.0
RED = (210, 30, 20)


def source(uri: Path | str, **options: Any) -> VideoSource:
    return VideoSource(VideoSource.Options(uri=str(uri), **options))


def frames(of: VideoSource) -> Iterator[Frame]:
    while (frame := of.read()) is not None:
        yield frame


def write_clip(path: Path, count: int = 12) -> Path:
    """A red clip whose lower right quarter is black."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), CLIP_FPS, CLIP_PX)
    assert writer.isOpened()
    picture = np.full((CLIP_PX[1], CLIP_PX[0], 3), RED[::-1], np.uint8)
    picture[CLIP_PX[1] // 2 :, CLIP_PX[0] // 2 :] = 0
    for _ in range(count):
        writer.write(picture)
    writer.release()
    return path


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4")


@pytest.mark.parametrize("name", ["train_day.mp4", "train_night.mp4", "car_park.mp4"])
def test_a_real_clip_is_read_whole_in_its_own_time(clips: Path, name: str) -> None:
    truth = json.loads((clips / "truth.json").read_text())[name]
    with source(clips / name) as video:
        seen = [(frame.seq, frame.captured_ns, frame.wall_ns) for frame in frames(video)]
    assert [seq for seq, _, _ in seen] == list(range(truth["frames"]))
    steps_ns = {after - before for (_, before, _), (_, after, _) in pairwise(seen)}
    assert max(abs(step - 1e9 / truth["fps"]) for step in steps_ns) < 1e6
    assert {captured - wall for _, captured, wall in seen} == {seen[0][1] - seen[0][2]}


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg to decode the clip again")
def test_the_pictures_are_those_that_another_decoder_sees(clips: Path) -> None:
    path = clips / "car_park.mp4"
    with source(path) as video:
        mine = [next(frames(video)).rgb.astype(int) for _ in range(5)]
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-frames:v", "5"]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True
    ).stdout
    other = np.frombuffer(raw, np.uint8).reshape(5, *mine[0].shape).astype(int)
    assert np.abs(np.stack(mine) - other).mean() < 2


def test_colours_are_right_and_not_converted(clip: Path) -> None:
    with source(clip) as video:
        frame = next(frames(video))
    assert frame.order == "bgr"
    assert np.abs(frame.rgb[10, 10].astype(int) - RED).max() < 12
    assert not frame.pixels.flags.writeable


def test_size_rotation_and_region_are_those_of_numpy(clips: Path) -> None:
    path = clips / "car_park.mp4"
    with source(path) as whole, source(path, region=(0.25, 0.5, 0.75, 1.0)) as part:
        first, cut = next(frames(whole)), next(frames(part))
    assert np.array_equal(cut.pixels, first.pixels[216:432, 192:576])
    with source(path, rotation=90) as video:
        assert np.array_equal(next(frames(video)).pixels, np.rot90(first.pixels, -1))
    with source(path, size=(384, 216)) as video:
        halved = first.pixels.reshape(216, 2, 384, 2, 3).mean(axis=(1, 3))
        assert np.abs(next(frames(video)).pixels - halved).max() <= 1


def test_frames_do_not_share_memory(clip: Path) -> None:
    with source(clip) as video:
        first, second = next(frames(video)), next(frames(video))
    assert not np.shares_memory(first.pixels, second.pixels)


def test_opened_again_it_begins_anew_and_the_numbers_go_on(clip: Path) -> None:
    video = source(clip)
    with video:
        first = list(frames(video))
    with video:
        second = list(frames(video))
    assert len(first) == len(second) == 12
    assert second[0].seq == 12
    assert second[0].captured_ns > first[0].captured_ns


@pytest.mark.parametrize(
    "name", ["Zug früh.mp4", "列車.mp4", "a b%20c#d?e.mp4", "12:30.mp4", "%02d.mp4"]
)
def test_any_name_of_a_file_is_only_a_name(tmp_path: Path, name: str) -> None:
    shutil.move(write_clip(tmp_path / "plain.mp4"), tmp_path / name)
    with source(tmp_path / name) as video:
        assert video.name == name
        assert len(list(frames(video))) == 12


def test_a_relative_path_with_a_colon_is_no_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(write_clip(tmp_path / "plain.mp4"), tmp_path / "12:30.mp4")
    monkeypatch.chdir(tmp_path)
    with source("12:30.mp4") as video:
        assert video.read() is not None


def test_a_file_is_finite_and_a_url_is_live() -> None:
    assert not source("clip.mp4").live
    assert source("rtsp://camera/stream").live
    assert not source("http://server/clip.mp4", live=False).live


def test_a_file_as_a_camera_keeps_its_pace_and_is_lost_at_its_end(clip: Path) -> None:
    with source(clip, live=True) as video:
        began_ns = time.monotonic_ns()
        seen = [video.read() for _ in range(12)]
        assert time.monotonic_ns() - began_ns >= 10 * 1e9 / CLIP_FPS
        assert all(frame is not None for frame in seen)
        with pytest.raises(SourceError, match=r"^clip.mp4: ended$"):
            video.read()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (Path.absolute, "no such file or directory"),
        (Path.mkdir, "a folder; for its pictures use the source type folder"),
        (Path.touch, "an empty file"),
        (lambda path: path.write_text("not a clip\n" * 50), "not a video that FFmpeg can read"),
        (lambda path: path.write_bytes(b"\0" * 4096), "not a video that FFmpeg can read"),
    ],
)
def test_what_is_no_clip_is_one_line(tmp_path: Path, make: Any, sentence: str) -> None:
    path = tmp_path / "clip.mp4"
    make(path)
    with pytest.raises(SourceError) as caught:
        source(path).__enter__()
    assert str(caught.value) == f"{path}: {sentence}"


def test_a_clip_without_its_index_is_no_video(clips: Path, tmp_path: Path) -> None:
    """The index of an mp4 stands at its end or its beginning; of this one at the end."""
    broken = tmp_path / "half.mp4"
    broken.write_bytes((clips / "train_day.mp4").read_bytes()[:200_000])
    with pytest.raises(SourceError, match="not a video that FFmpeg can read"):
        source(broken).__enter__()


def test_a_clip_of_no_frames_is_damaged(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "none.avi", count=0)
    with pytest.raises(SourceError, match=r"none.avi: (no frame can be read|not a video)"):  # noqa: SIM117
        with source(path) as video:
            video.read()


def test_a_clip_that_ends_early_is_a_warning_and_no_error(
    clips: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "early.mp4"
    path.write_bytes((clips / "car_park.mp4").read_bytes()[:1_500_000])
    with source(path) as video:
        count = len(list(frames(video)))
    assert 100 < count < 300
    wanted = f"early.mp4: ended after {count} of 377 frames; it is damaged or incomplete"
    assert [record.getMessage() for record in caplog.records] == [wanted]


def test_a_whole_clip_gives_no_warning(clips: Path, caplog: pytest.LogCaptureFixture) -> None:
    with source(clips / "train_night.mp4") as video:
        assert len(list(frames(video))) == 207
    assert not caplog.records


def test_opencv_and_ffmpeg_write_nothing_themselves(tmp_path: Path) -> None:
    text, damaged = tmp_path / "text.mp4", tmp_path / "damaged.mp4"
    text.write_text("not a clip\n" * 50)
    data = bytearray(write_clip(damaged, count=60).read_bytes())
    data[200:3000] = bytes(2800)
    damaged.write_bytes(data)
    program = (
        "import sys\n"
        "from edgeinfer.errors import SourceError\n"
        "from edgeinfer.sources.video import VideoSource as Video\n"
        "for uri in sys.argv[1:]:\n"
        "    try:\n"
        "        with Video(Video.Options(uri=uri, stall_s=2)) as video:\n"
        "            while video.read(): pass\n"
        "    except SourceError: print('refused')\n"
    )
    uris = [str(text), str(damaged), "rtsp://127.0.0.1:9/x"]
    done = subprocess.run(
        [sys.executable, "-c", program, *uris], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("refused") >= 2
    assert "ended after" in done.stderr or not done.stderr
    assert all("ended after" in line for line in done.stderr.splitlines())
