"""Camera: what the pictures of a live source say of the camera that makes them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels

CameraState = Literal["opening", "ok", "dark", "frozen", "noisy", "gone"]
Appearance = Literal["ok", "dark", "frozen", "noisy"]

LOOK_S = 1.0
"""Between two looks: what they are for lasts for seconds at least."""

FROZEN_S = 120.0
"""So long the same picture. A sensor's noise never gives the same one twice, but a codec does: of a
still scene H.264 repeats a picture until the next keyframe, which cameras send every few seconds,
and those with a "smart" codec far less often while nothing moves."""

_HELD_S = 5.0  # longer than an exposure takes to follow a lamp or a pair of headlights
_GRID_PX = (64, 36)
# Values are of 255. The darkest second of our night clip has a hundredth of its pixels above 85,
# a covered lens has none above 30 or so, noise included.
_LIT = 32
_LIT_AGAIN = 40
_LIT_SHARE = 0.01
# Two pixels side by side are alike (1 is the same): 0.89 at least in our clips, 0 in pure noise.
_LIKENESS = 0.4
_LIKENESS_AGAIN = 0.5
_NOISE_SPREAD = 20.0  # a grey wall has less, noise included; then likeness says nothing
# The clock that a camera writes into its picture goes on when the sensor has stopped: four digits
# of it change in two minutes, each a thousandth of the picture at most.
_MOVING_SHARE = 0.005
# Pixels at the ends of the scale show no noise; among too few others none can be expected.
_UNCLIPPED = (3, 252)
_UNCLIPPED_SHARE = 0.05

_Samples = NDArray[np.uint8]


class CameraWatch:
    """Looks at some 2300 pixels of a frame once a second, in 0.1 ms (720p, one x86 core).

    `seen` is what they say: it changes to and from dark and noisy when that has been so for 5 s, to
    frozen when nothing has moved for `frozen_s`, and back at the first picture that differs.
    """

    def __init__(self, frozen_s: float = FROZEN_S) -> None:
        self.seen: Appearance = "ok"
        self._frozen_s = frozen_s
        self._look_s = float("-inf")
        self._held: Appearance = "ok"
        self._other_since_s: float | None = None
        self._still: _Samples = np.empty((0, 0), np.uint8)
        self._still_since_s = 0.0

    def look(self, pixels: Pixels, now_s: float) -> Appearance:
        """To be called with every frame; most of them it does not look at."""
        if now_s - self._look_s >= LOOK_S and min(pixels.shape[:2]) > 1:
            self._look_s = now_s
            samples = _samples(pixels)
            self._hold(self._judge(pixels, samples), now_s)
            still_s = self._still_for_s(samples, now_s)
            frozen = self._held == "ok" and still_s >= self._frozen_s
            self.seen = "frozen" if frozen else self._held
        return self.seen

    def _judge(self, pixels: Pixels, samples: _Samples) -> Appearance:
        """What one picture looks like; it takes more to leave a state than to stay."""
        lit = _LIT_AGAIN if self._held == "dark" else _LIT
        if np.count_nonzero(samples > lit) < _LIT_SHARE * samples.size:
            return "dark"
        least = _LIKENESS_AGAIN if self._held == "noisy" else _LIKENESS
        noisy = samples.std() > _NOISE_SPREAD and _likeness(pixels, samples) < least
        return "noisy" if noisy else "ok"

    def _hold(self, judged: Appearance, now_s: float) -> None:
        if judged == self._held:
            self._other_since_s = None
        elif self._other_since_s is None:
            self._other_since_s = now_s
        elif now_s - self._other_since_s >= _HELD_S:
            self._held, self._other_since_s = judged, None

    def _still_for_s(self, samples: _Samples, now_s: float) -> float:
        if _moved(self._still, samples):
            self._still, self._still_since_s = samples, now_s
        return now_s - self._still_since_s


def _samples(pixels: Pixels, down: int = 0, right: int = 0) -> _Samples:
    """Green, the middle of both channel orders, on a grid; or the pixels beside those.

    Not averages: they would hide the noise that tells a camera from a still.
    """
    height, width = pixels.shape[:2]
    across, along = max(1, width // _GRID_PX[0]), max(1, height // _GRID_PX[1])
    rows = slice(down, height - 1 + down, along)
    return np.ascontiguousarray(pixels[rows, right : width - 1 + right : across, 1])


def _likeness(pixels: Pixels, here: _Samples) -> float:
    """The correlation of pixels with their neighbours, below or beside, whichever is more alike."""
    below, beside = _samples(pixels, down=1), _samples(pixels, right=1)
    return max(_correlation(here, below), _correlation(here, beside))


def _correlation(first: _Samples, second: _Samples) -> float:
    a, b = (part - part.mean(dtype=np.float32) for part in (first, second))
    scale = float(np.sqrt((a * a).mean() * (b * b).mean()))
    return float((a * b).mean()) / scale if scale else 1.0


def _moved(before: _Samples, after: _Samples) -> bool:
    """Whether more than a camera's own clock has changed."""
    if before.shape != after.shape:
        return True
    low, high = _UNCLIPPED
    unclipped = np.count_nonzero((after >= low) & (after <= high))
    if unclipped <= _UNCLIPPED_SHARE * after.size:
        return True
    return bool(np.count_nonzero(before != after) > _MOVING_SHARE * unclipped)
