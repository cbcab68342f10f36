"""Boxes and placements. Every coordinate is a fraction: 0 is left or top, 1 is right or bottom."""

from __future__ import annotations

from dataclasses import dataclass

Region = tuple[float, float, float, float]
"""Left, top, right, bottom."""
WHOLE: Region = (0.0, 0.0, 1.0, 1.0)
"""The region that is the whole picture."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of a picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """0.0 for a box that is empty or turned inside out."""
        return max(0.0, self.width) * max(0.0, self.height)

    def clipped(self) -> Box:
        """The part of the box that lies inside the picture: itself where that is all of it."""
        if 0 <= self.left <= 1 and 0 <= self.top <= 1 and 0 <= self.right <= 1 >= self.bottom >= 0:
            return self
        return Box(_clip(self.left), _clip(self.top), _clip(self.right), _clip(self.bottom))

    def iou(self, other: Box) -> float:
        """Intersection over union, from 0.0 to 1.0; 0.0 where both boxes are empty."""
        shared = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        ).area
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a frame lies inside the model's input, in fractions of that input.

    Stretched it fills the input exactly; letterboxed it is smaller; cropped it reaches beyond.
    """

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def to_frame(self, box: Box) -> Box:
        """A box in fractions of the model's input, as fractions of the frame."""
        width, height = self.right - self.left, self.bottom - self.top
        return Box(
            (box.left - self.left) / width,
            (box.top - self.top) / height,
            (box.right - self.left) / width,
            (box.bottom - self.top) / height,
        )


def check_region(region: Region) -> None:
    """Raises: ValueError: it is no part of a picture."""
    left, top, right, bottom = region
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise ValueError(
            f"region {list(region)} is no part of the picture; give left, top, right, "
            "bottom as fractions from 0 to 1, left < right, top < bottom"
        )


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)
