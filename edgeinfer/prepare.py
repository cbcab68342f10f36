"""Pixels -> the model's input tensor, and where the frame lies inside it.

The frame is resized first and converted after, on the small picture: converting a whole 720p frame
costs as much as resizing it. What a model wants to see for each pixel value is a table of 256
entries, made once. OpenCV may use threads of its own to resize; `cv2.setNumThreads` limits them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Placement
from edgeinfer.core.tensor import Array, TensorSpec
from edgeinfer.errors import ModelError

Fit = Literal["stretch", "letterbox", "crop"]
Level = float | Sequence[float]
"""One number for all channels, or one for each (red, green, blue)."""

Values = NDArray[np.integer[Any] | np.floating[Any]]

_CONVERSIONS: dict[int, dict[str, int | None]] = {
    3: {"rgb": None, "bgr": cv2.COLOR_BGR2RGB},
    1: {"rgb": cv2.COLOR_RGB2GRAY, "bgr": cv2.COLOR_BGR2GRAY},
}


class Prepare:
    """Frames to input tensors of one model.

    `fit`: `stretch` ignores the aspect ratio, `letterbox` keeps it between black bars, `crop` keeps
    it and cuts away what is too much, both centred. A model wants to see the real value
    `(pixel - mean) / std`; without them an integer tensor's full range is the pixels' full range.

    Raises: ModelError: the input is no picture, or its values need a `mean` and `std`.
    """

    def __init__(
        self,
        spec: TensorSpec,
        fit: Fit = "stretch",
        mean: Level | None = None,
        std: Level | None = None,
    ) -> None:
        height, width, channels = _picture_shape(spec)
        self._fit = fit
        self._conversions = _CONVERSIONS[channels]
        self._table = _table(spec, mean, std)
        canvas = (height, width, channels) if channels > 1 else (height, width)
        self._pixels = np.zeros(canvas, np.uint8)
        self._values: Values = self._pixels
        if self._table is not None:
            self._values = np.zeros(canvas, spec.dtype)
        self._tensor = self._values.reshape(spec.shape)
        self._lay_out((height, width))

    def __call__(self, frame: Frame) -> tuple[Array, Placement]:
        """The input tensor, and where the frame lies in it.

        The tensor is overwritten by the next call: copy what has to last longer.
        """
        shape = frame.pixels.shape[:2]
        if shape != self._frame_shape:
            self._lay_out(shape)
        conversion = self._conversions[frame.order]
        target = self._hole if conversion is None else self._small
        part = frame.pixels[self._cut]
        cv2.resize(part, self._size_px, dst=target, interpolation=cv2.INTER_LINEAR)
        if conversion is not None:
            cv2.cvtColor(self._small, conversion, dst=self._hole)
        if self._table is not None:
            cv2.LUT(self._pixels, self._table, dst=self._values)
        return self._tensor, self._placement

    def _lay_out(self, frame_shape: tuple[int, ...]) -> None:
        """Remember what depends on the shape of the frame alone."""
        inner = (int(self._pixels.shape[0]), int(self._pixels.shape[1]))
        cut, hole = _rectangles((frame_shape[0], frame_shape[1]), inner, self._fit)
        self._frame_shape = frame_shape
        self._cut = cut
        self._pixels[:] = 0
        self._hole = self._pixels[hole]
        height, width = self._hole.shape[:2]
        self._size_px = (width, height)
        self._small = np.empty((height, width, 3), np.uint8)
        self._placement = _placement((frame_shape[0], frame_shape[1]), inner, cut, hole)


Rectangle = tuple[slice, slice]
"""(rows, columns)."""


def _rectangles(
    frame: tuple[int, int], inner: tuple[int, int], fit: Fit
) -> tuple[Rectangle, Rectangle]:
    """The part of the frame that is shown, and the part of the input that shows it."""
    cut, hole = frame, inner
    if fit == "letterbox":
        hole = _inscribed(frame, inner)
    elif fit == "crop":
        cut = _inscribed(inner, frame)
    return _centred(cut, frame), _centred(hole, inner)


def _inscribed(shape: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the largest rectangle of the same aspect as `shape` inside `room`."""
    scale = min(room[0] / shape[0], room[1] / shape[1])
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _centred(shape: tuple[int, int], room: tuple[int, int]) -> Rectangle:
    top, left = (room[0] - shape[0]) // 2, (room[1] - shape[1]) // 2
    return slice(top, top + shape[0]), slice(left, left + shape[1])


def _placement(
    frame: tuple[int, int], inner: tuple[int, int], cut: Rectangle, hole: Rectangle
) -> Placement:
    top, bottom = _edges(frame[0], inner[0], cut[0], hole[0])
    left, right = _edges(frame[1], inner[1], cut[1], hole[1])
    return Placement(left, top, right, bottom)


def _edges(frame_px: int, inner_px: int, cut: slice, hole: slice) -> tuple[float, float]:
    """Where the frame's two edges land along one axis, after the rounding to whole pixels."""
    scale = (hole.stop - hole.start) / (cut.stop - cut.start)
    first = hole.start - cut.start * scale
    last = hole.stop + (frame_px - cut.stop) * scale
    return first / inner_px, last / inner_px


def _picture_shape(spec: TensorSpec) -> tuple[int, int, int]:
    shape = spec.shape
    if len(shape) != 4 or shape[0] != 1 or shape[3] not in _CONVERSIONS or min(shape) < 1:
        raise ModelError(
            f"input {spec.name!r}: shape {shape} is no picture; (1, height, width, 3) or "
            "(1, height, width, 1) is"
        )
    return shape[1], shape[2], shape[3]


def _table(spec: TensorSpec, mean: Level | None, std: Level | None) -> Values | None:
    """The tensor's value for each pixel value; None where that is the pixel value itself.

    (1, 256) for all channels, or (1, 256, 3) for each, which is what `cv2.LUT` takes.
    """
    if spec.dtype not in (np.uint8, np.int8, np.float32):
        raise ModelError(
            f"input {spec.name!r}: {spec.dtype} is not supported; uint8, int8 and float32 are"
        )
    if mean is None and std is None:
        values = _full_range(spec)
    else:
        values = _stored(spec, _normalised(spec, mean, std))
    if spec.dtype == np.uint8 and np.all(values == _PIXELS):
        return None
    table = values.astype(spec.dtype)[None]
    return table if table.shape[2] > 1 else table[:, :, 0]


_PIXELS: NDArray[np.float64] = np.arange(256, dtype=np.float64)[:, None]
"""(256, 1): every value that a pixel can have."""


def _full_range(spec: TensorSpec) -> NDArray[np.float64]:
    if spec.dtype == np.float32:
        raise ModelError(
            f"input {spec.name!r}: float32 says nothing of its range; write `mean` and `std` in "
            "the card (127.5 and 127.5 for values from -1 to 1, 0 and 255 for values from 0 to 1)"
        )
    return _PIXELS - 128 if spec.dtype == np.int8 else _PIXELS


def _normalised(spec: TensorSpec, mean: Level | None, std: Level | None) -> NDArray[np.float64]:
    """(256, 1) or (256, 3): the real value of each pixel value."""
    if mean is None or std is None:
        raise ModelError(f"input {spec.name!r}: `mean` and `std` of the card go together")
    fits = ((), (1,), (spec.shape[3],))
    if np.shape(mean) not in fits or np.shape(std) not in fits or not np.all(std):
        raise ModelError(
            f"input {spec.name!r}: mean {mean} and std {std} do not fit {spec.shape[3]} channels; "
            "give one number, or one for each channel, and no std of 0"
        )
    real: NDArray[np.float64] = (_PIXELS - np.asarray(mean)) / np.asarray(std)
    return real


def _stored(spec: TensorSpec, real: NDArray[np.float64]) -> NDArray[np.float64]:
    """Real values as the numbers that the tensor holds."""
    if spec.dtype == np.float32:
        return real
    if spec.scale == 0.0:
        raise ModelError(
            f"input {spec.name!r}: {spec.dtype} without a scale takes pixels as they are; "
            "leave `mean` and `std` out of the card"
        )
    least, greatest = (0, 255) if spec.dtype == np.uint8 else (-128, 127)
    return np.clip(np.rint(real / spec.scale + spec.zero_point), least, greatest)
