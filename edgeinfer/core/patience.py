"""Patience: from when on what is not seen any more counts as gone, at any frame rate."""

from __future__ import annotations

from collections import deque

# In a row. Where a model misses one frame in ten, two in a row come every hundred frames, and three
# every thousand.
_MISSES = 3
# Between two frames, where frames use to come more often: beyond it nothing is known of what was
# there before, as after a pause or a lost camera.
_HOLE_NS = 60 * 10**9
_UNUSUAL = 3  # times as long as the one before is another rate, and not a hole


class Patience:
    """What has not been seen for `keep_s`, nor in the last three frames, is gone.

    The second counts where frames come more rarely than `keep_s` reckons with: on a hot board, or
    at rest behind a motion gate. There two frames in which a model misses something soon take
    longer.
    """

    def __init__(self, keep_s: float) -> None:
        self._keep_ns = round(keep_s * 1e9)
        self._frames: deque[int] = deque(maxlen=_MISSES)

    def update(self, now_ns: int) -> int:
        """What was last seen before that time is gone; to be asked once for each frame."""
        until_ns = now_ns - self._keep_ns
        if self._frames and not self._is_hole(now_ns):
            until_ns = min(until_ns, self._frames[0])
        self._frames.append(now_ns)
        return until_ns

    def _is_hole(self, now_ns: int) -> bool:
        *_, before_ns, last_ns = self._frames[0], *self._frames
        return now_ns - last_ns > max(_HOLE_NS, _UNUSUAL * (last_ns - before_ns))
