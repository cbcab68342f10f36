"""Pictures: load, save, draw what was found, and the part of a picture that a source shows."""

from __future__ import annotations

from collections.abc import Sequence
from colorsys import hsv_to_rgb
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast
from zlib import crc32

import cv2
import numpy as np
from annotated_types import Gt, Le
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Classification, Detection, Finding, Pose
from edgeinfer.errors import SourceError

_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
WHOLE = (0.0, 0.0, 1.0, 1.0)
"""The region that is the whole picture."""
_LEAST_POINT_SCORE = 0.3  # of a keypoint that is drawn


Side = Annotated[int, Gt(0), Le(16384)]
"""Pixels; far more than any camera has, and small enough to be had as memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOptions:
    """The options that every source shares; applied in this order: size, rotation, region.

    `size` is (width, height) in pixels: a camera is asked for it, other pictures are scaled to it.
    `rotation` is clockwise. `region` is (left, top, right, bottom) in fractions of the rotated
    picture; what lies outside is cut away, and boxes are fractions of what is left.
    """

    size: tuple[Side, Side] | None = None
    rotation: Literal[0, 90, 180, 270] = 0
    region: tuple[float, float, float, float] = WHOLE

    def __post_init__(self) -> None:
        left, top, right, bottom = self.region
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ValueError(
                f"region {list(self.region)} is no part of the picture; give left, top, right, "
                "bottom as fractions from 0 to 1, left < right, top < bottom"
            )

    def apply(self, pixels: Pixels) -> Pixels:
        """What the source shows of a picture (H, W, 3): the same array where nothing is asked."""
        if self.size and self.size != (pixels.shape[1], pixels.shape[0]):
            pixels = cast("Pixels", cv2.resize(pixels, self.size, interpolation=cv2.INTER_AREA))
        return self.turn_and_cut(pixels)

    def turn_and_cut(self, pixels: Pixels) -> Pixels:
        """The same without `size`, for a camera that was asked for it."""
        if self.rotation:
            pixels = cast("Pixels", cv2.rotate(pixels, _ROTATIONS[self.rotation]))
        return self.cut(pixels)

    def cut(self, pixels: Pixels) -> Pixels:
        """The region alone, at least one pixel of it, in memory of its own."""
        if self.region == WHOLE:
            return pixels
        height, width = pixels.shape[:2]
        left, top, right, bottom = self.region
        x, y = min(round(left * width), width - 1), min(round(top * height), height - 1)
        x_end, y_end = max(round(right * width), x + 1), max(round(bottom * height), y + 1)
        return np.ascontiguousarray(pixels[y:y_end, x:x_end])


def load(path: Path) -> Pixels:
    """A picture file as (H, W, 3) uint8 RGB.

    Raises: SourceError: there is no such file, or it is no picture.
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from error
    pixels = _decoded(data)
    if pixels is None:
        raise SourceError(f"{path}: not a picture; JPEG, PNG, BMP and WebP can be read")
    return cast("Pixels", cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))


def _decoded(data: NDArray[np.uint8]) -> Pixels | None:
    """BGR; a file that claims to be larger than OpenCV's limit is no picture either."""
    try:
        return cast("Pixels | None", cv2.imdecode(data, cv2.IMREAD_COLOR)) if data.size else None
    except cv2.error:
        return None


def save(path: Path, pixels: Pixels) -> None:
    """Write RGB pixels; the ending of the name chooses the format.

    Raises: OSError: the place cannot be written.
    """
    if not cv2.haveImageWriter(path.name):
        raise OSError(f"{path}: no format of that name; end it in .jpg, .png or .bmp")
    _, data = cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    path.write_bytes(data.tobytes())


def draw(pixels: Pixels, findings: Sequence[Finding]) -> Pixels:
    """A copy of RGB pixels with the findings drawn on it."""
    canvas = np.ascontiguousarray(pixels).copy()
    line = max(1, round(min(canvas.shape[:2]) / 160))
    for row, name in enumerate(f for f in findings if isinstance(f, Classification)):
        _write(canvas, f"{name.label} {name.score:.0%}", (4, 4), row, "")
    for finding in findings:
        if isinstance(finding, Detection):
            _draw_box(canvas, finding, line)
        elif isinstance(finding, Pose):
            _draw_points(canvas, finding, 2 * line)
    return canvas


def _draw_box(canvas: Pixels, found: Detection, line: int) -> None:
    (x, y), end = _corners(canvas, found.box)
    cv2.rectangle(canvas, (x, y), end, _colour(found.label), line, cv2.LINE_AA)
    number = "" if found.track is None else f" #{found.track}"
    _write(canvas, f"{found.label}{number} {found.score:.0%}", (x, y), 0, found.label)


def _draw_points(canvas: Pixels, pose: Pose, radius: int) -> None:
    height, width = canvas.shape[:2]
    for point in pose.keypoints:
        if point.score >= _LEAST_POINT_SCORE:
            centre = (round(point.x * width), round(point.y * height))
            cv2.circle(canvas, centre, radius, _colour(point.name), -1, cv2.LINE_AA)


def _write(canvas: Pixels, text: str, corner: tuple[int, int], row: int, label: str) -> None:
    scale = max(0.4, min(canvas.shape[:2]) / 800)
    thickness = max(1, round(scale * 1.5))
    font = cv2.FONT_HERSHEY_SIMPLEX
    (width, height), below = cv2.getTextSize(text, font, scale, thickness)
    tall = height + below + 2
    x = max(0, min(corner[0], canvas.shape[1] - width - 4))
    y = max(0, corner[1] - (tall if label else 0)) + row * tall
    cv2.rectangle(canvas, (x, y), (x + width + 4, y + tall), _colour(label), -1)
    place = (x + 2, y + height + 1)
    cv2.putText(canvas, text, place, font, scale, (255, 255, 255), thickness, cv2.LINE_AA)


def _corners(canvas: Pixels, box: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    height, width = canvas.shape[:2]
    first = (round(box.left * width), round(box.top * height))
    return first, (round(box.right * width) - 1, round(box.bottom * height) - 1)


def _colour(label: str) -> tuple[int, int, int]:
    """The same colour for the same word, strong enough to stand out, dark enough for white text."""
    hue = crc32(label.encode()) % 360 / 360
    red, green, blue = hsv_to_rgb(hue, 0.9, 0.8)
    return round(255 * red), round(255 * green), round(255 * blue)
