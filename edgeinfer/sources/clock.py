"""The two clocks of a frame, for what happens now and for what is played."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_SECOND_NS = 1_000_000_000


def now() -> tuple[int, int]:
    """(captured_ns, wall_ns) of a frame that was captured just now."""
    return time.monotonic_ns(), time.time_ns()


@dataclass(frozen=True, slots=True)
class Opening:
    """The instant at which a clip began to play; its frames are counted from there."""

    captured_ns: int = field(default_factory=time.monotonic_ns)
    wall_ns: int = field(default_factory=time.time_ns)

    def at(self, position_s: float) -> tuple[int, int]:
        """(captured_ns, wall_ns) of the frame at that position of the clip."""
        position_ns = round(position_s * _SECOND_NS)
        return self.captured_ns + position_ns, self.wall_ns + position_ns

    def wait_for(self, position_s: float) -> None:
        """Sleep until a camera would have given that frame."""
        wait_ns = self.at(position_s)[0] - time.monotonic_ns()
        if wait_ns > 0:
            time.sleep(wait_ns / _SECOND_NS)
