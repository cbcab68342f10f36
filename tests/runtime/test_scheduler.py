from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.config import Limits
from edgeinfer.runtime.scheduler import Scheduler


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_first_frame_may_start_at_once() -> None:
    assert Scheduler(Limits(max_fps=10), clock=Clock()).delay_s() == 0


def test_without_a_limit_no_frame_waits() -> None:
    scheduler = Scheduler(Limits(), clock=Clock())
    scheduler.delay_s()
    scheduler.started()
    assert scheduler.delay_s() == 0


def test_the_next_frame_waits_for_the_rest_of_the_interval() -> None:
    clock = Clock()
    scheduler = Scheduler(Limits(max_fps=10), clock=clock)
    scheduler.started()
    clock.now_s += 0.03
    assert scheduler.delay_s() == pytest.approx(0.07)


def test_a_little_lateness_does_not_add_up() -> None:
    clock = Clock()
    scheduler = Scheduler(Limits(max_fps=10), clock=clock)
    for _ in range(50):
        clock.now_s += scheduler.delay_s() + 0.02
        scheduler.started()
    assert clock.now_s == pytest.approx(100 + 49 * 0.1 + 0.02)


def test_after_a_long_pause_no_burst_follows() -> None:
    clock = Clock()
    scheduler = Scheduler(Limits(max_fps=10), clock=clock)
    scheduler.started()
    clock.now_s += 5
    scheduler.started()
    assert scheduler.delay_s() == pytest.approx(0.1)


@given(
    fps=st.floats(0.1, 1000),
    works_s=st.lists(st.floats(0, 2), min_size=1, max_size=50),
)
def test_the_rate_never_exceeds_the_limit(fps: float, works_s: list[float]) -> None:
    clock = Clock()
    scheduler = Scheduler(Limits(max_fps=fps), clock=clock)
    for work_s in works_s:
        clock.now_s += scheduler.delay_s()
        scheduler.started()
        clock.now_s += work_s
    clock.now_s += scheduler.delay_s()
    # One interval may be made up for, never more: that is what keeps the beat.
    assert clock.now_s - 100 >= (len(works_s) - 1) / fps * (1 - 1e-9)
