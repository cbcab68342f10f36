from __future__ import annotations

import numpy as np
import pytest

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Result, Timing
from edgeinfer.sinks.trails import Trails


def seen(second: float, x: float, track: int | None = 1) -> Result:
    frame = Frame(np.empty((0, 0, 3), np.uint8), 0, round(second * 1e9), 0)
    found = Detection("car", 0.9, Box(x - 0.1, 0.3, x + 0.1, 0.5), track)
    return Result(frame, "m", (found,), Timing(0, 0, 0, 0))


def test_a_trail_is_where_the_foot_of_a_track_was() -> None:
    trails = Trails()
    for step in range(3):
        trails.add(seen(step, step / 4))
        trails.add(seen(step, 0.9, track=2))
    trails.add(seen(3, 0.5, track=None))
    found = trails.until(2 * 10**9)
    assert found[1] == [pytest.approx((x, 0.5)) for x in (0.0, 0.25, 0.5)]
    assert set(found) == {1, 2}


def test_only_the_last_seconds_before_the_picture_are_shown() -> None:
    trails = Trails()
    for second in range(20):
        trails.add(seen(second, second / 20))
    assert [x for x, _ in trails.until(10 * 10**9)[1]] == pytest.approx([0.35, 0.4, 0.45, 0.5])


def test_what_is_long_ago_is_forgotten() -> None:
    trails = Trails()
    trails.add(seen(0, 0.5))
    trails.add(seen(100, 0.5))
    assert trails.until(0) == {}
