from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.core.frame import Frame, Pixels
from edgeinfer.core.geometry import Box, Placement
from edgeinfer.core.tensor import Array, TensorSpec
from edgeinfer.errors import ModelError
from edgeinfer.prepare import Fit, Prepare

RED, BLUE = (255, 0, 0), (0, 0, 255)
EVERY_VALUE = np.arange(256, dtype=np.uint8)
sides = st.integers(1, 90)


def spec(
    shape: tuple[int, ...] = (1, 16, 16, 3),
    dtype: Any = np.uint8,
    scale: float = 1 / 128,
    zero_point: int = 128,
) -> TensorSpec:
    return TensorSpec("image", shape, np.dtype(dtype), scale, zero_point)


def shot(pixels: Pixels, order: Any = "rgb") -> Frame:
    return Frame(pixels, seq=0, captured_ns=0, wall_ns=0, order=order)


def plain(width: int, height: int, colour: tuple[int, int, int] = RED) -> Frame:
    return shot(np.full((height, width, 3), colour, np.uint8))


def ramp() -> Frame:
    """A frame (16, 16) that holds every pixel value once, the same in each channel."""
    return shot(np.repeat(EVERY_VALUE.reshape(16, 16, 1), 3, axis=2))


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


def table(prepared: Prepare, channel: int = 0) -> list[float]:
    """What the model sees for each pixel value."""
    values: Array = prepared(ramp())[0]
    return values[0, :, :, channel].reshape(-1).tolist()


def test_stretch_fills_the_input() -> None:
    tensor, placement = Prepare(spec(), "stretch")(plain(40, 10))
    assert placement == Placement(0, 0, 1, 1)
    assert (tensor[0] == RED).all()


def test_letterbox_keeps_the_frame_between_black_bars() -> None:
    tensor, placement = Prepare(spec(), "letterbox")(plain(40, 20))
    assert placement == Placement(0, 0.25, 1, 0.75)
    assert (tensor[0, 4:12] == RED).all()
    assert (tensor[0, :4] == 0).all()
    assert (tensor[0, 12:] == 0).all()


def test_the_bars_are_what_the_model_sees_for_black() -> None:
    prepare = Prepare(spec(dtype=np.float32), "letterbox", 127.5, 127.5)
    assert (prepare(plain(20, 40))[0][0, :, :4] == -1).all()


def test_crop_shows_the_middle_and_the_frame_reaches_beyond() -> None:
    pixels = plain(40, 20).pixels.copy()
    pixels[:, 10:30] = BLUE
    tensor, placement = Prepare(spec(), "crop")(shot(pixels))
    assert placement == Placement(-0.5, 0, 1.5, 1)
    assert (tensor[0] == BLUE).all()


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_bars_left_by_one_frame_shape_are_gone_with_the_next(order: Any) -> None:
    prepare = Prepare(spec(), "letterbox")
    wide, tall = (shot(noise(h, w), order) for h, w in ((20, 40), (40, 20)))
    prepare(wide)
    tensor, placement = prepare(tall)
    assert placement == Placement(0.25, 0, 0.75, 1)
    assert (tensor[0, :, :4] == 0).all()
    assert tensor[0, :, 4:12].any(axis=2).all()


@given(sides, sides, sides, sides)
def test_letterbox_says_where_the_frame_really_lies(
    width: int, height: int, input_width: int, input_height: int
) -> None:
    prepare = Prepare(spec((1, input_height, input_width, 3)), "letterbox")
    tensor, placement = prepare(plain(width, height, (255, 255, 255)))
    rows, columns = np.nonzero(tensor[0].any(axis=2))
    left, right = columns.min() / input_width, (columns.max() + 1) / input_width
    top, bottom = rows.min() / input_height, (rows.max() + 1) / input_height
    assert placement == Placement(left, top, right, bottom)


@given(sides, sides, sides, sides)
def test_crop_says_which_part_of_the_frame_is_really_seen(
    width: int, height: int, input_width: int, input_height: int
) -> None:
    _, placement = Prepare(spec((1, input_height, input_width, 3)), "crop")(plain(width, height))
    seen = placement.to_frame(Box(0, 0, 1, 1))
    edges_px = [seen.left * width, seen.right * width, seen.top * height, seen.bottom * height]
    assert edges_px == pytest.approx([round(edge) for edge in edges_px], abs=1e-6)
    assert seen.left >= -1e-9
    assert seen.right <= 1 + 1e-9
    assert seen.top == pytest.approx(1 - seen.bottom, abs=1.001 / height)


@pytest.mark.parametrize("fit", ["stretch", "letterbox", "crop"])
def test_a_mark_in_the_frame_is_found_again_through_the_placement(fit: Fit) -> None:
    pixels = np.zeros((90, 160, 3), np.uint8)
    pixels[40:50, 60:80] = 255
    prepare = Prepare(spec((1, 64, 64, 3)), fit)
    tensor, placement = prepare(shot(pixels))
    rows, columns = np.nonzero(np.greater(tensor[0, :, :, 0], 127))
    seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 64
    found = placement.to_frame(Box(*seen.tolist()))
    edges = [found.left, found.top, found.right, found.bottom]
    pixel = 2.5 / 90  # an input pixel is at most 2.5 pixels of the frame
    assert edges == pytest.approx([60 / 160, 40 / 90, 80 / 160, 50 / 90], abs=pixel)


def test_the_model_sees_red_green_blue_whatever_the_order_of_the_frame() -> None:
    pixels = noise(30, 50)
    prepare = Prepare(spec(), "letterbox")
    rgb = prepare(shot(pixels))[0].copy()
    assert np.array_equal(prepare(shot(pixels[..., ::-1].copy(), "bgr"))[0], rgb)


def test_pixels_are_those_of_a_linear_resize_of_the_whole_frame() -> None:
    pixels = noise(72, 128)
    wanted = cv2.cvtColor(cv2.resize(pixels, (16, 16)), cv2.COLOR_BGR2RGB)
    assert np.array_equal(Prepare(spec())(shot(pixels, "bgr"))[0][0], wanted)


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_a_model_of_one_channel_sees_grey(order: Any) -> None:
    colour = RED if order == "rgb" else BLUE
    pixels = np.full((20, 20, 3), colour, np.uint8)
    tensor, _ = Prepare(spec((1, 16, 16, 1)))(shot(pixels, order))
    assert tensor.shape == (1, 16, 16, 1)
    assert (tensor == 76).all()  # 0.299 of 255, the share of red in ITU-R BT.601


def test_a_frame_that_is_a_view_of_a_larger_one_is_taken_as_it_looks() -> None:
    pixels = noise(40, 40)[::2, ::-1]
    prepare = Prepare(spec())
    seen = prepare(shot(pixels))[0].copy()
    assert np.array_equal(prepare(shot(np.ascontiguousarray(pixels)))[0], seen)


def test_uint8_without_a_mean_gets_the_pixels_as_they_are() -> None:
    assert table(Prepare(spec())) == EVERY_VALUE.tolist()


def test_int8_without_a_mean_gets_the_full_range_around_zero() -> None:
    assert table(Prepare(spec(dtype=np.int8))) == list(range(-128, 128))


def test_float32_gets_real_values() -> None:
    tensor, _ = Prepare(spec(dtype=np.float32), mean=127.5, std=127.5)(ramp())
    assert tensor.dtype == np.float32
    assert np.allclose(tensor[0, :, :, 1].reshape(-1), (EVERY_VALUE - 127.5) / 127.5)


def test_mean_and_deviation_may_differ_from_channel_to_channel() -> None:
    prepare = Prepare(spec(dtype=np.float32), mean=(0, 10, 20), std=(1, 2, 5))
    wanted = {0: 50.0, 1: 20.0, 2: 6.0}
    assert {channel: table(prepare, channel)[50] for channel in wanted} == wanted


def test_a_quantized_model_gets_the_nearest_number_that_it_can_hold() -> None:
    prepare = Prepare(spec(dtype=np.int8, scale=0.02, zero_point=-3), mean=127.5, std=127.5)
    real = (EVERY_VALUE - 127.5) / 127.5
    assert table(prepare) == np.clip(np.rint(real / 0.02 - 3), -128, 127).tolist()


def test_what_the_tensor_cannot_hold_is_clipped_and_does_not_wrap_around() -> None:
    values = table(Prepare(spec(scale=1 / 512), mean=127.5, std=127.5))
    assert values == sorted(values)
    assert (values[0], values[-1]) == (0, 255)


def test_a_quantization_that_undoes_the_mean_gives_the_pixels_themselves() -> None:
    assert table(Prepare(spec(), mean=128, std=128)) == EVERY_VALUE.tolist()


def test_a_near_identity_is_kept_exact() -> None:
    values = table(Prepare(spec(), mean=127.5, std=127.5))
    exact = np.rint((EVERY_VALUE - 127.5) / 127.5 * 128 + 128)
    assert values == np.clip(exact, 0, 255).tolist()
    assert values != EVERY_VALUE.tolist()


def test_the_tensor_is_one_buffer_that_the_next_frame_overwrites() -> None:
    prepare = Prepare(spec())
    first, _ = prepare(plain(20, 20, RED))
    second, _ = prepare(plain(20, 20, BLUE))
    assert np.shares_memory(first, second)
    assert (first == BLUE).all()


@pytest.mark.parametrize("shape", [(16, 16, 3), (2, 16, 16, 3), (1, 3, 16, 16), (1, 0, 16, 3), ()])
def test_an_input_that_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="is no picture"):
        Prepare(spec(shape))


def test_an_input_of_another_type_is_refused() -> None:
    with pytest.raises(ModelError, match="int64 is not supported; uint8, int8 and float32 are"):
        Prepare(spec(dtype=np.int64))


def test_float32_without_a_mean_names_the_keys_of_the_card() -> None:
    with pytest.raises(ModelError, match="write `mean` and `std` in the card"):
        Prepare(spec(dtype=np.float32))


@pytest.mark.parametrize("half", [{"mean": 1.0}, {"std": 1.0}])
def test_a_mean_needs_a_deviation_and_the_other_way_round(half: Any) -> None:
    with pytest.raises(ModelError, match="go together"):
        Prepare(spec(), **half)


@pytest.mark.parametrize(("mean", "std"), [(1.0, 0.0), ((1, 2), 1.0), (1.0, (1, 2, 0))])
def test_a_mean_or_deviation_that_does_not_fit_is_refused(mean: Any, std: Any) -> None:
    with pytest.raises(ModelError, match="do not fit 3 channels"):
        Prepare(spec(), mean=mean, std=std)


def test_a_mean_for_a_tensor_without_a_scale_is_refused() -> None:
    with pytest.raises(ModelError, match="leave `mean` and `std` out"):
        Prepare(spec(scale=0.0, zero_point=0), mean=127.5, std=127.5)
