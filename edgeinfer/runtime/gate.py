"""Gate: which frames the model has to see, where nothing moves in most of them."""

from __future__ import annotations

from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Result
from edgeinfer.motion import Motion
from edgeinfer.sections import MotionGate

_FOUND_FPS = 2.0
"""The least rate while something is found: a tracker forgets after 3 s, and rules that ask whether
it is still there forgive a miss of 2 s."""
_REMEMBERS_NS = 3 * 10**9
"""After the last finding: a model that misses a still car once has not lost it."""


class Gate:
    """Open while something moves and for `hold_s` after; else as often as `floor_fps` asks.

    It opens every `look_s` too. Time is that of the frames, so that a clip gives the same results
    every time.
    """

    def __init__(self, options: MotionGate) -> None:
        self._options = options
        self._motion = Motion(options.region, options.sensitivity)
        self._hold_ns = round(options.hold_s * 1e9)
        self._look_ns = round(options.look_s * 1e9)
        self._floor_ns = round(1e9 / options.floor_fps)
        self._before_ns: int | None = None
        self._opened_ns: int | None = None
        self._ran_ns = 0
        self._found_ns: int | None = None

    def wants(self, frame: Frame) -> bool:
        """Whether the model has to see it; to be asked once for each frame, in their order."""
        now_ns = frame.captured_ns
        until_next_ns = 0 if self._before_ns is None else now_ns - self._before_ns
        self._before_ns = now_ns
        moved = self._motion.update(frame.pixels, now_ns)
        if moved or self._opened_ns is None or now_ns - self._opened_ns >= self._look_ns:
            self._opened_ns = now_ns
        is_open = now_ns - self._opened_ns <= self._hold_ns
        # The next frame would come too late if this one were left out.
        wanted = is_open or now_ns - self._ran_ns + until_next_ns > self._longest_ns(now_ns)
        if wanted:
            self._ran_ns = now_ns
        return wanted

    def seen(self, result: Result) -> None:
        """What the model has found in a frame that was wanted."""
        if result.findings:
            self._found_ns = result.frame.captured_ns

    def _longest_ns(self, now_ns: int) -> int:
        """The longest time between two frames that the model sees."""
        found = self._found_ns is not None and now_ns - self._found_ns <= _REMEMBERS_NS
        return min(self._floor_ns, round(1e9 / _FOUND_FPS)) if found else self._floor_ns
