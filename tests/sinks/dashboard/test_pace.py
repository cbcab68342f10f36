from __future__ import annotations

from edgeinfer.sinks.dashboard.pace import Pace
from tests.sinks.dashboard.test_history import Clock


def _shown(camera_fps: float, most_fps: float, seconds: float) -> int:
    clock = Clock()
    pace = Pace(most_fps, clock)
    shown = 0
    for _ in range(round(seconds * camera_fps)):
        shown += pace.take()
        clock.now_s += 1 / camera_fps
    return shown


def test_it_is_that_many_a_second_whatever_the_camera_gives() -> None:
    assert 98 <= _shown(30, 5, 20) <= 102
    assert 98 <= _shown(8, 5, 20) <= 102
    assert 98 <= _shown(7, 5, 20) <= 102


def test_of_a_slow_camera_all_are_shown() -> None:
    assert _shown(2, 5, 20) == 40


def test_after_a_silence_there_is_no_burst() -> None:
    clock = Clock()
    pace = Pace(5, clock)
    assert pace.take()
    clock.now_s += 60
    assert [pace.take() for _ in range(5)] == [True, False, False, False, False]
