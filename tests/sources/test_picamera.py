from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeinfer.errors import PluginError, SourceError
from edgeinfer.picture import ViewOptions
from edgeinfer.sources.lores import lores_px
from edgeinfer.sources.picamera import PicameraSource

STANDIN = Path(__file__).parent / "picamera2_standin"
MODEL_PX = (300, 300)
YUV_TOLERANCE = 6  # of 255: what 8-bit YUV loses of these colours


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(STANDIN))
    yield import_module("picamera2")
    for name in ("picamera2", "libcamera"):
        sys.modules.pop(name, None)


def source(model_px: tuple[int, int] | None = MODEL_PX, **options: Any) -> PicameraSource:
    return PicameraSource(PicameraSource.Options(**options), model_px)


def corners(pixels: Any) -> list[tuple[int, ...]]:
    """The middles of the four quarters: upper left, upper right, lower left, lower right."""
    height, width = pixels.shape[:2]
    places = [(y, x) for y in (1, 3) for x in (1, 3)]
    return [tuple(pixels[height * y // 4, width * x // 4].tolist()) for y, x in places]


def grey(standin: Any, number: int) -> tuple[int, int, int]:
    return (standin.FIRST_GREY + standin.GREY_STEP * number,) * 3


def close(seen: list[tuple[int, ...]], wanted: list[tuple[int, ...]]) -> bool:
    return bool(np.abs(np.array(seen) - np.array(wanted)).max() <= YUV_TOLERANCE)


@pytest.mark.parametrize("lores", ["any", "yuv", "none"])
def test_colours_are_right_on_every_kind_of_board(standin: Any, lores: str) -> None:
    standin.board.lores = lores
    with source() as camera:
        frame = camera.read()
    wanted = [standin.RED, standin.GREEN, standin.BLUE, grey(standin, 0)]
    assert close(corners(frame.rgb), wanted)


@pytest.mark.parametrize(
    "pixel_format", ["RGB888", "BGR888", "XBGR8888", "XRGB8888", "YUV420", "NV12"]
)
def test_a_format_that_the_camera_chose_itself_is_read_as_it_lies_in_memory(
    standin: Any, pixel_format: str
) -> None:
    standin.board.main_format = pixel_format
    with source(model_px=None, size=(330, 250)) as camera:
        frame = camera.read()
    wanted = [standin.RED, standin.GREEN, standin.BLUE, grey(standin, 0)]
    assert frame.pixels.shape == (250, 330, 3)
    assert close(corners(frame.rgb), wanted)


def test_the_padding_of_rows_is_never_seen(standin: Any) -> None:
    standin.board.lores = "yuv"
    with source() as camera:
        pixels = camera.read().pixels
    assert standin.board.configured[-1]["lores"]["stride"] > pixels.shape[1]
    assert close([tuple(pixels[0, -1].tolist())], [standin.GREEN])


def test_the_small_stream_has_mains_shape_and_covers_the_model(standin: Any) -> None:
    with source(size=(1280, 720)) as camera:
        frame = camera.read()
    assert (frame.width_px, frame.height_px) == (534, 300)
    assert standin.board.configured[-1]["main"]["size"] == (1280, 720)


def test_a_board_without_a_small_stream_gives_the_main_one(standin: Any) -> None:
    standin.board.lores = "none"
    with source(size=(640, 480)) as camera:
        assert camera.read().pixels.shape == (480, 640, 3)


def test_an_odd_size_loses_its_last_pixel_and_the_difference_is_said(
    standin: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with source(model_px=None, size=(331, 251)) as camera:
        assert camera.read().pixels.shape == (250, 330, 3)
    assert standin.board.configured[-1]["main"]["size"] == (330, 250)
    assert "asked for size [331, 251], the camera gives [330, 250]" in caplog.text


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("turns", [True, False])
def test_rotation_is_clockwise_whether_or_not_the_camera_can_turn(
    standin: Any, rotation: int, turns: bool
) -> None:
    standin.board.turns = turns
    with source(rotation=rotation) as camera:
        pixels = camera.read().rgb
    upright = np.array([[standin.RED, standin.GREEN], [standin.BLUE, grey(standin, 0)]])
    wanted = np.rot90(upright, -rotation // 90).reshape(4, 3).tolist()
    assert corners(pixels) == [tuple(colour) for colour in wanted]


def test_half_a_turn_is_left_to_the_camera(standin: Any) -> None:
    with source(rotation=180):
        transform = standin.board.configured[-1]["transform"]
    assert (transform.hflip, transform.vflip) == (True, True)


def test_the_region_is_cut_and_still_covers_the_model(standin: Any) -> None:
    with source(region=(0.5, 0.5, 1.0, 1.0)) as camera:
        frame = camera.read()
    assert set(corners(frame.rgb)) == {grey(standin, 0)}
    assert frame.width_px >= MODEL_PX[0]
    assert frame.height_px >= MODEL_PX[1]


def test_a_frame_stays_as_it_was_when_the_camera_writes_on(standin: Any) -> None:
    with source() as camera:
        first, second = camera.read(), camera.read()
    assert corners(first.rgb)[3] == grey(standin, 0)
    assert corners(second.rgb)[3] == grey(standin, 1)
    assert not np.shares_memory(first.pixels, second.pixels)


def test_every_request_is_given_back_and_the_camera_closed(standin: Any) -> None:
    with source() as camera:
        for _ in range(3):
            camera.read()
    assert (standin.board.taken, standin.board.released, standin.board.closed) == (3, 3, 1)


def test_numbers_go_on_when_it_is_opened_again(standin: Any) -> None:
    camera = source()
    with camera:
        camera.read()
    with camera:
        assert camera.read().seq == 1
    assert standin.board.closed == 2


@pytest.mark.parametrize("clock", [time.CLOCK_BOOTTIME, time.CLOCK_MONOTONIC])
def test_the_sensors_own_clock_is_the_time_of_capture(standin: Any, clock: int) -> None:
    standin.board.clock = clock
    before_ns = time.monotonic_ns()
    with source() as camera:
        frame = camera.read()
    assert before_ns <= frame.captured_ns <= time.monotonic_ns()


def test_a_stamp_is_believed_over_the_time_of_reading(standin: Any) -> None:
    standin.board.age_ns = 40_000_000
    with source() as camera:
        frame = camera.read()
        assert time.monotonic_ns() - frame.captured_ns >= standin.board.age_ns


def test_a_camera_that_falls_silent_is_lost_and_left(standin: Any) -> None:
    with source(stall_s=0.01) as camera:
        standin.board.silent = True
        with pytest.raises(SourceError, match=r"^picamera:0: no picture for 0.01 s; check the ca"):
            camera.read()
    assert (standin.board.cancelled, standin.board.closed) == (1, 1)


def test_no_camera_is_one_line(standin: Any) -> None:
    standin.board.cameras = 0
    with pytest.raises(SourceError, match="^picamera:0: no such camera, there is none; check"):
        source().__enter__()


def test_a_number_too_high_says_how_many_there_are(standin: Any) -> None:
    standin.board.cameras = 2
    with pytest.raises(SourceError, match="^picamera:2: no such camera, there are 2, counted"):
        source(camera=2).__enter__()


def test_a_camera_in_use_says_so(standin: Any) -> None:
    standin.board.busy = True
    with pytest.raises(
        SourceError, match="^picamera:0: cannot be opened: Camera .*; is another program"
    ):
        source().__enter__()


def test_a_format_that_cannot_be_read_is_refused_and_the_camera_closed(standin: Any) -> None:
    standin.board.main_format = "BGR161616"
    with pytest.raises(SourceError, match=r"^picamera:0: cannot be configured: it gives BGR161616"):
        source(model_px=None).__enter__()
    assert standin.board.closed == 1


def test_another_size_than_the_one_asked_for_is_a_warning_once(
    standin: Any, caplog: pytest.LogCaptureFixture
) -> None:
    standin.board.main_size = (1296, 972)
    camera = source(model_px=None, size=(1300, 976))
    for _ in range(2):
        with camera:
            camera.read()
    assert [record.getMessage() for record in caplog.records] == [
        "picamera:0: asked for size [1300, 976], the camera gives [1296, 972]"
    ]


def test_the_rate_is_asked_for_as_the_duration_of_a_frame(standin: Any) -> None:
    with source(fps=10):
        assert standin.board.configured[-1]["controls"] == {"FrameDurationLimits": (100000, 100000)}


@pytest.mark.skipif(find_spec("picamera2") is not None, reason="picamera2 is installed here")
def test_without_picamera2_the_error_names_the_package_and_the_venv_option() -> None:
    with pytest.raises(PluginError) as caught:
        source()
    assert "sudo apt install -y python3-picamera2 --no-install-recommends" in str(caught.value)
    assert "python3 -m venv --system-site-packages" in str(caught.value)


@pytest.mark.parametrize(
    ("view", "model_px", "wanted"),
    [
        (ViewOptions(), (300, 300), (534, 300)),
        (ViewOptions(), (224, 224), (400, 224)),
        (ViewOptions(rotation=90), (300, 300), (534, 300)),
        (ViewOptions(rotation=90), (192, 256), (342, 192)),
        (ViewOptions(region=(0.25, 0.0, 0.75, 1.0)), (300, 300), (600, 338)),
        (ViewOptions(region=(0.0, 0.0, 0.1, 0.1)), (300, 300), None),
        (ViewOptions(), None, None),
    ],
)
def test_the_small_stream_is_just_large_enough(
    view: ViewOptions, model_px: tuple[int, int] | None, wanted: tuple[int, int] | None
) -> None:
    assert lores_px((1280, 720), view, model_px) == wanted
