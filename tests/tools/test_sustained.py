from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.tools.sustained import Window, of, sustained
from tests.tools.machines import pi_5


def windows(*fps: float) -> list[Window]:
    return [Window(float(at), value, None, None, None) for at, value in enumerate(fps, start=1)]


def test_the_drop_is_from_the_first_tenth_to_the_last() -> None:
    found = of(windows(*[50.0] * 2, *[10.0] * 6, *[45.0] * 10, *[40.0] * 2))
    assert (found.cold_fps, found.hot_fps) == (50.0, 40.0)
    assert found.drop == pytest.approx(0.2)


def test_one_window_drops_by_nothing() -> None:
    assert of(windows(30.0)).drop == 0.0


def test_a_board_that_gets_faster_has_a_negative_drop() -> None:
    assert of(windows(10.0, 20.0)).drop == pytest.approx(-1.0)


def test_speed_and_heat_are_told_until_the_time_is_over(tmp_path: Path) -> None:
    runs: list[int] = []

    def time_ms() -> float:
        runs.append(1)
        return 1.0

    done: list[float] = []
    found = sustained(time_ms, 0.1, done.append, pi_5(tmp_path))
    assert runs
    assert found.windows[-1].seconds >= 0.1
    assert [window.temperature_c for window in found.windows] == [52.9] * len(found.windows)
    assert all(window.fps > 0 and window.clock_mhz is None for window in found.windows)
    assert done == sorted(done)
    assert done[-1] == 1.0
