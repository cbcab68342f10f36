"""Pictures: load, save, draw what was found, and the part of a picture that a source shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, cast

import cv2
import numpy as np
from annotated_types import Gt, Le
from numpy.typing import NDArray

from edgeinfer import picture_header
from edgeinfer.core.frame import Order, Pixels
from edgeinfer.core.geometry import WHOLE, Region, check_region
from edgeinfer.core.results import Classification, Detection, Finding, Pose
from edgeinfer.drawing import Points, Sheet
from edgeinfer.errors import SourceError

_ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
_LEAST_POINT_SCORE = 0.3  # of a keypoint that is drawn


MOST_PX = 67_000_000
"""Of a file: more than the largest cameras for a Pi give (64 million), 200 MB as memory."""

_MOST_BYTES = 4 * MOST_PX
"""Of a file: the same picture in a BMP, which is not compressed."""

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
    region: Region = WHOLE

    def __post_init__(self) -> None:
        check_region(self.region)

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

    Raises: SourceError: there is no such file, it is no picture, or one that is too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from error
    _check_size(path, data)
    pixels = _decoded(np.frombuffer(data, np.uint8))
    if pixels is None:
        raise SourceError(f"{path}: not a whole picture; it is damaged")
    return cast("Pixels", cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels))


def _check_size(path: Path, data: bytes) -> None:
    """Raises: SourceError: it would take too much memory to decode, or is no picture."""
    size = picture_header.size_px(data)
    if size is None:
        raise SourceError(f"{path}: not a picture; JPEG, PNG, BMP and WebP can be read")
    width, height = size
    if width * height > MOST_PX or len(data) > _MOST_BYTES:
        most = f"{MOST_PX // 10**6} million pixels"
        raise SourceError(f"{path}: {width} x {height} pixels; at most {most} are read")


def _decoded(data: NDArray[np.uint8]) -> Pixels | None:
    """BGR."""
    try:
        return cast("Pixels | None", cv2.imdecode(data, cv2.IMREAD_COLOR))
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


def jpeg(pixels: Pixels, quality: int = 85, order: Order = "rgb") -> bytes:
    """Pixels in that order of colours as a JPEG; `quality` from 1 to 100."""
    bgr = pixels if order == "bgr" else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def narrowed(pixels: Pixels, largest_width_px: int) -> Pixels:
    """No wider than that, in its own proportions: the same array where it is not wider."""
    height, width = pixels.shape[:2]
    if width <= largest_width_px:
        return pixels
    size = largest_width_px, max(1, round(height * largest_width_px / width))
    return cast("Pixels", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def draw(
    pixels: Pixels,
    findings: Sequence[Finding],
    *,
    place: Points = (),
    trails: Mapping[int, Points] | None = None,
    caption: str = "",
) -> Pixels:
    """A copy of RGB pixels with the findings drawn on it, in widths and letters that fit its size.

    `place` is a line (two points; an arrow shows its right-hand side) or a polygon; `trails` are
    the ways of the tracks by their numbers; `caption` stands at the foot.
    """
    sheet = Sheet(pixels)
    sheet.place(place)
    boxes = [finding for finding in findings if isinstance(finding, Detection)]
    for box in boxes:
        sheet.trail((trails or {}).get(-1 if box.track is None else box.track, ()), box.label)
    for box in boxes:
        sheet.box(box.box, box.label)
    for pose in (finding for finding in findings if isinstance(finding, Pose)):
        shown = (point for point in pose.keypoints if point.score >= _LEAST_POINT_SCORE)
        sheet.dots(((point.x, point.y), point.name) for point in shown)
    sheet.caption(caption)
    for named in (finding for finding in findings if isinstance(finding, Classification)):
        sheet.line_of_text(f"{named.label} {named.score:.0%}", named.label)
    for box in boxes:
        number = "" if box.track is None else f" #{box.track}"
        sheet.name(box.box, f"{box.label}{number} {box.score:.0%}", box.label)
    return sheet.pixels
