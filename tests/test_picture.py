from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.config import check
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Classification, Detection, Keypoint, Mask, Pose
from edgeinfer.errors import SourceError
from edgeinfer.picture import ViewOptions, draw, load, save

PIXELS = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)


def test_nothing_asked_is_the_same_array() -> None:
    assert ViewOptions().apply(PIXELS) is PIXELS


@pytest.mark.parametrize(("rotation", "turns"), [(90, -1), (180, 2), (270, 1)])
def test_rotation_is_clockwise(rotation: Any, turns: int) -> None:
    assert np.array_equal(ViewOptions(rotation=rotation).apply(PIXELS), np.rot90(PIXELS, turns))


def test_the_region_is_that_part_of_the_rotated_picture() -> None:
    view = ViewOptions(rotation=90, region=(0.5, 0.0, 1.0, 0.25))
    assert np.array_equal(view.apply(PIXELS), np.rot90(PIXELS, -1)[0:2, 3:6])


def test_the_size_comes_first_so_that_the_region_is_smaller() -> None:
    view = ViewOptions(size=(4, 4), rotation=90, region=(0.0, 0.0, 0.5, 1.0))
    assert view.apply(PIXELS).shape == (4, 2, 3)


def test_a_camera_that_was_asked_for_the_size_is_only_turned_and_cut() -> None:
    view = ViewOptions(size=(4, 4), rotation=180)
    assert np.array_equal(view.turn_and_cut(PIXELS), np.rot90(PIXELS, 2))


def test_what_is_cut_has_memory_of_its_own() -> None:
    part = ViewOptions(region=(0.0, 0.0, 0.5, 0.5)).apply(PIXELS)
    assert part.flags.c_contiguous
    assert not np.shares_memory(part, PIXELS)


@given(
    st.tuples(*[st.floats(0, 1)] * 4).filter(lambda r: r[0] < r[2] and r[1] < r[3]),
    st.integers(1, 40),
    st.integers(1, 40),
)
def test_a_region_is_never_empty(region: tuple[float, ...], width: int, height: int) -> None:
    left, top, right, bottom = region
    part = ViewOptions(region=(left, top, right, bottom)).cut(
        np.zeros((height, width, 3), np.uint8)
    )
    assert part.size > 0


@pytest.mark.parametrize(
    "region",
    [(0.5, 0, 0.5, 1), (0.6, 0, 0.5, 1), (0, -0.1, 1, 1), (0, 0, 1, 1.1), (float("nan"), 0, 1, 1)],
)
def test_a_region_that_is_no_part_of_the_picture_is_refused(region: Any) -> None:
    with pytest.raises(ValueError, match="is no part of the picture; give left, top, right"):
        ViewOptions(region=region)


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"size": [640]}, "view.size[1]"),
        ({"size": [640, -1]}, "view.size[1]"),
        ({"rotation": 45}, "view.rotation"),
        ({"region": [0.5, 0, 0.4, 1]}, "view"),
        ({"sise": [640, 480]}, "view.sise"),
    ],
)
def test_a_wrong_option_is_one_problem_at_its_place(table: dict[str, Any], place: str) -> None:
    problems: list[str] = []
    check(ViewOptions, table, "view", problems)
    assert len(problems) == 1
    assert problems[0].startswith(f"{place}: ")


@pytest.mark.parametrize("name", ["a.png", "ü ö.bmp", "a.webp", "A.JPG"])
def test_what_was_saved_is_loaded_again(tmp_path: Path, name: str) -> None:
    colour = np.full((24, 16, 3), (200, 100, 30), np.uint8)
    save(tmp_path / name, colour)
    again = load(tmp_path / name)
    assert again.shape == colour.shape
    assert np.abs(again.astype(int) - colour).max() <= 4


def test_a_real_picture_is_loaded_in_rgb(images: Path) -> None:
    path = images / "grace_hopper.bmp"
    assert np.array_equal(load(path)[..., ::-1], np.asarray(cv2.imread(str(path))))


def test_a_grey_picture_has_three_channels(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((5, 7), 90, np.uint8))
    assert load(tmp_path / "grey.png").tolist() == [[[90, 90, 90]] * 7] * 5


def _claims_to_be_huge() -> bytes:
    header = b"BM" + bytes(8) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little")
    size = (1 << 17).to_bytes(4, "little") * 2
    return header + size + b"\1\0\x18\0" + bytes(24) + bytes(1000)


def test_a_picture_that_would_take_gigabytes_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(_claims_to_be_huge())
    with pytest.raises(SourceError, match=r"a.jpg: 131072 x 131072 pixels; at most 67 million"):
        load(path)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_is_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"a.jpg: not a picture; JPEG, PNG, BMP and WebP"):
        load(path)


def test_an_absent_picture_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none.jpg: No such file or directory"):
        load(tmp_path / "none.jpg")


def test_an_unknown_format_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"a.tex: no format of that name; end it in .jpg"):
        save(tmp_path / "a.tex", PIXELS)


def test_a_box_is_drawn_where_it_is_and_on_a_copy() -> None:
    pixels = np.zeros((240, 320, 3), np.uint8)
    drawn = draw(pixels, [Detection("cat", 0.9, Box(0.25, 0.5, 0.75, 1.0), track=3)])
    assert not pixels.any()
    assert drawn[180, 80].any()
    assert drawn[180, 239].any()
    assert not drawn[180, 100:220].any()
    assert not drawn[:, :77].any()


def test_every_kind_of_finding_can_be_drawn() -> None:
    pose = Pose(0.9, (Keypoint("nose", 0.9, 0.5, 0.5), Keypoint("left_eye", 0.1, 0.1, 0.9)))
    mask = Mask(("sky",), np.zeros((2, 2), np.uint8))
    beyond = Detection("a very long label that does not fit", 1.0, Box(0.9, -0.1, 1.2, 0.05))
    words = Classification("owl", 0.5), Classification("parrot", 0.4)
    drawn = draw(np.zeros((48, 64, 3), np.uint8), [pose, mask, beyond, *words])
    assert drawn[24, 32].any()
    assert not drawn[43, 6].any()
