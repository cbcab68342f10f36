"""Frame: one picture as it enters the runtime."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(H, W, 3) uint8."""

Order = Literal["rgb", "bgr"]
"""Of the colours in a pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture, read-only, in memory of its own.

    `pixels` is (H, W, 3) uint8 in the source's own channel `order`: converting a whole 720p frame
    costs as much as resizing it, so the conversion waits until the picture is small (`prepare`).
    `captured_ns` is the monotonic clock at capture; within a clip it advances by the clip's own
    clock, so that durations are those of the scene. `wall_ns` is the same instant as Unix time.
    """

    pixels: Pixels
    seq: int
    captured_ns: int
    wall_ns: int
    source: str = ""
    order: Order = "rgb"

    def __post_init__(self) -> None:
        pixels = self.pixels.view()
        pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)

    @property
    def rgb(self) -> Pixels:
        """The pixels in the order red, green, blue: a view, never a copy."""
        return self.pixels if self.order == "rgb" else self.pixels[..., ::-1]

    def without_pixels(self) -> Frame:
        """The same frame with a picture of no size: what waits for a broker should be small."""
        return replace(self, pixels=np.empty((0, 0, 3), np.uint8))

    @property
    def width_px(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.pixels.shape[0])
