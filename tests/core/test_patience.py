from __future__ import annotations

import pytest

from edgeinfer.core.patience import Patience

S = 10**9


def gone(times_s: list[float], keep_s: float = 3.0) -> list[float]:
    """Before which second, asked at each of the times."""
    patience = Patience(keep_s)
    return [patience.update(round(time_s * S)) / S for time_s in times_s]


def test_many_frames_are_waited_for_as_long_as_was_said() -> None:
    assert gone([n / 10 for n in range(50)])[-1] == pytest.approx(1.9)


def test_few_frames_are_waited_for_until_three_have_missed() -> None:
    assert gone([0, 10, 20, 30, 40])[-1] == 10


def test_after_a_hole_nothing_is_waited_for() -> None:
    assert gone([0, 0.1, 0.2, 100])[-1] == 97
    assert gone([0, 0.1, 0.2, 50])[-1] == 0


def test_a_camera_that_gives_a_frame_each_five_minutes_has_no_holes() -> None:
    assert gone([0, 300, 600, 900, 1200])[-1] == 300
