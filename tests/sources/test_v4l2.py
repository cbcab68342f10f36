from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgeinfer.config import check
from edgeinfer.errors import SourceError
from edgeinfer.sources.v4l2 import V4l2Source, differences, picture, settings

MJPG, YUYV = (float(cv2.VideoWriter.fourcc(*name)) for name in ("MJPG", "YUYV"))


def source(device: str, **options: Any) -> V4l2Source:
    return V4l2Source(V4l2Source.Options(device=device, **options))


def refusal(device: str | Path) -> str:
    with pytest.raises(SourceError) as caught:
        source(str(device)).__enter__()
    return str(caught.value)


@pytest.mark.parametrize(
    ("device", "name"),
    [("0", "/dev/video0"), ("12", "/dev/video12"), ("/dev/v4l/by-id/cam", "/dev/v4l/by-id/cam")],
)
def test_a_number_is_the_device_of_that_number(device: str, name: str) -> None:
    camera = source(device)
    assert camera.name == name
    assert camera.live


@pytest.mark.parametrize(("stall_s", "waits"), [(5.0, "5"), (0.3, "1"), (7.2, "8")])
def test_opencv_waits_for_a_frame_as_long_as_the_person_says(stall_s: float, waits: str) -> None:
    camera = source("0", stall_s=stall_s)
    assert os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] == waits
    assert camera.stall_s == float(waits)


def test_a_picture_that_came_as_one_row_has_its_shape_again() -> None:
    pixels = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)
    assert (picture(pixels.reshape(1, -1), 4, 2, "BGR3") == pixels).all()


@pytest.mark.parametrize("fourcc", ["NV24", "HSV3"])
def test_bytes_of_another_format_are_no_picture_though_there_are_as_many(fourcc: str) -> None:
    assert picture(np.zeros((1, 24), np.uint8), 4, 2, fourcc).ndim == 2


def test_what_has_another_size_is_left_as_it_is() -> None:
    pixels = np.zeros((1, 30), np.uint8)
    assert picture(pixels, 4, 2, "BGR3") is pixels


def test_an_absent_device_says_which_there_are() -> None:
    assert refusal("987").startswith("/dev/video987: no such device; there is ")


def test_a_device_that_is_no_camera_is_refused() -> None:
    assert refusal("/dev/null").startswith("/dev/null: not a camera; there is ")


def test_a_file_is_no_camera(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.touch()
    assert refusal(path).startswith(f"{path}: not a camera; there is ")


def test_a_folder_is_no_camera(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: is a directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_device_without_permission_names_the_group(tmp_path: Path) -> None:
    path = tmp_path / "video0"
    path.touch(mode=0o000)
    assert 'no permission; add the user to the group: sudo usermod -aG video "$USER"' in refusal(
        path
    )


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"fourcc": "MJPEG"}, "source.fourcc"),
        ({"fourcc": "MJP"}, "source.fourcc"),
        ({"fps": 0}, "source.fps"),
        ({"device": 0}, "source.device"),
        ({"size": [0, 480]}, "source.size[0]"),
        ({"rotation": 45}, "source.rotation"),
    ],
)
def test_options_that_no_camera_can_take_are_refused(table: dict[str, Any], place: str) -> None:
    problems: list[str] = []
    assert check(V4l2Source.Options, table, "source", problems) is None
    assert len(problems) == 1
    assert problems[0].startswith(f"{place}: ")


def test_the_pixel_format_is_asked_for_before_size_and_rate() -> None:
    asked = settings(V4l2Source.Options(size=(1280, 720), fps=30, fourcc="MJPG"))
    assert list(asked.items()) == [
        (cv2.CAP_PROP_BUFFERSIZE, 1),
        (cv2.CAP_PROP_FOURCC, MJPG),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30),
    ]


def test_nothing_is_asked_for_that_the_person_left_open() -> None:
    assert settings(V4l2Source.Options()) == {cv2.CAP_PROP_BUFFERSIZE: 1}


def test_what_the_camera_gives_differently_is_said() -> None:
    asked = settings(V4l2Source.Options(size=(1280, 720), fps=30, fourcc="MJPG"))
    given = asked | {cv2.CAP_PROP_FOURCC: YUYV, cv2.CAP_PROP_FPS: 10.0, cv2.CAP_PROP_BUFFERSIZE: 4}
    assert list(differences(asked, given)) == [
        "asked for fps 30, the camera gives 10",
        "asked for fourcc MJPG, the camera gives YUYV",
    ]


@pytest.mark.parametrize("given", [-1.0, float(0xB0343631 - (1 << 32))])
def test_a_pixel_format_that_opencv_gives_as_a_negative_number_is_no_crash(given: float) -> None:
    (line,) = differences({cv2.CAP_PROP_FOURCC: YUYV}, {cv2.CAP_PROP_FOURCC: given})
    assert line.startswith("asked for fourcc YUYV, the camera gives ")


@pytest.mark.camera
def test_a_real_camera_gives_pictures() -> None:
    with source("0") as camera:
        first, second = camera.read(), camera.read()
    assert first.pixels.shape == second.pixels.shape
    assert second.captured_ns > first.captured_ns
