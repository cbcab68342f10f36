from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeinfer.picture_header import size_px

PICTURE = cv2.resize(
    np.random.default_rng(0).integers(0, 255, (5, 5, 3), np.uint8), (301, 203)
)  # fmt: skip

FORMS = {
    "jpeg": (".jpg", []),
    "progressive jpeg": (".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
    "png": (".png", []),
    "bmp": (".bmp", []),
    "webp": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 80]),
    "webp without loss": (".webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),
}


def encoded(form: str, pixels: np.ndarray = PICTURE) -> bytes:
    ending, settings = FORMS[form]
    return cv2.imencode(ending, pixels, settings)[1].tobytes()


@pytest.mark.parametrize("form", FORMS)
def test_the_size_is_that_of_the_decoded_picture(form: str) -> None:
    assert size_px(encoded(form)) == (301, 203)


def test_a_webp_with_transparency_has_the_size_of_its_canvas() -> None:
    data = encoded("webp", np.dstack([PICTURE, PICTURE[..., 0]]))
    assert data[12:16] == b"VP8X"
    assert size_px(data) == (301, 203)


def test_a_jpeg_with_a_word_about_the_camera_has_the_size_of_its_frame() -> None:
    data = encoded("jpeg")
    about = b"\xff\xff\xe1" + (2000).to_bytes(2, "big") + bytes(1998)  # a fill byte before it
    assert size_px(data[:2] + about + data[2:]) == (301, 203)


def test_a_bmp_from_its_upper_row_on_has_a_size() -> None:
    data = bytearray(encoded("bmp"))
    data[22:26] = (-203).to_bytes(4, "little", signed=True)
    assert size_px(bytes(data)) == (301, 203)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_ends_anywhere_has_its_size_or_none(form: str) -> None:
    data = encoded(form)
    found = {size_px(data[:length]) for length in range(len(data))}
    assert found == {None, (301, 203)}


def test_a_jpeg_without_a_frame_has_no_size() -> None:
    assert size_px(b"\xff\xd8\xff\xda\x00\x02" + bytes(100)) is None
    assert size_px(b"\xff\xd8" + b"\xff" * 1000) is None


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(100), b"II*\0" + bytes(100)])
def test_another_form_has_none(data: bytes) -> None:
    assert size_px(data) is None
