from __future__ import annotations

import logging
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.core.results import Reading
from edgeinfer.runtime.scheduler import Scheduler
from edgeinfer.sections import Limits


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


class Machine(Clock):
    """A clock that works: each frame costs CPU time, and so does the camera."""

    def __init__(self, cost_s: float, *, capture_duty: float = 0.0) -> None:
        super().__init__()
        self.cpu_s = 0.0
        self.frames = 0
        self._cost_s, self._capture_duty = cost_s, capture_duty
        self._random = Random(1)  # noqa: S311 - work that varies

    def wait(self, seconds: float, duty: float = 0.0) -> None:
        self.now_s += seconds
        self.cpu_s += seconds * (duty + self._capture_duty)

    def crowd(self, cost_s: float) -> None:
        """Other programs come or go, and a frame costs more or less."""
        self._cost_s = cost_s

    def run(self, scheduler: Scheduler, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            if (delay_s := scheduler.delay_s()) > 0:
                self.wait(min(delay_s, 0.25))
                continue
            scheduler.started()
            work_s = self._cost_s * self._random.uniform(0.7, 1.5)
            self.wait(work_s, duty=1.0)
            self.frames += 1
            scheduler.finished(work_s * 1000)


def _scheduler(limits: Limits, machine: Machine, **more: bool) -> Scheduler:
    return Scheduler(limits, clock=machine, cpu_s=lambda: machine.cpu_s, **more)


@pytest.mark.parametrize("cost_s", [0.005, 0.08, 0.6])
@pytest.mark.parametrize("max_duty", [0.1, 0.5, 0.9])
def test_the_duty_holds_within_three_percent(cost_s: float, max_duty: float) -> None:
    machine = Machine(cost_s, capture_duty=0.03)
    scheduler = _scheduler(Limits(max_duty=max_duty), machine)
    machine.run(scheduler, 60)
    began_s, used_s = machine.now_s, machine.cpu_s
    machine.run(scheduler, 600)
    duty = (machine.cpu_s - used_s) / (machine.now_s - began_s)
    assert duty == pytest.approx(max_duty, rel=0.03)
    assert scheduler.binds == "duty"


def test_frames_that_are_left_out_are_no_frames_cost() -> None:
    """A camera of 30 fps takes a third of a core, and one frame a second is worked on."""
    machine = Machine(0.05, capture_duty=0.33)
    scheduler = _scheduler(Limits(max_duty=0.6), machine)
    for _ in range(30):
        machine.run(scheduler, 0.01)
        for _ in range(29):
            machine.wait(1 / 30)
            scheduler.left_out()
    assert machine.frames == 30
    assert scheduler.cost_s == pytest.approx(0.06, rel=0.5)
    assert scheduler.duty == pytest.approx(0.38, rel=0.1)


def test_with_an_accelerator_the_time_at_work_counts() -> None:
    machine = Machine(0.05)
    scheduler = Scheduler(Limits(max_duty=0.5), accelerated=True, clock=machine, cpu_s=lambda: 0.0)
    machine.run(scheduler, 300)
    assert machine.cpu_s / (machine.now_s - 100) == pytest.approx(0.5, rel=0.03)


def test_the_work_of_several_threads_is_shared_among_them() -> None:
    machine = Machine(0.05)
    scheduler = Scheduler(
        Limits(max_duty=0.5), threads=4, clock=machine, cpu_s=lambda: 4 * machine.cpu_s
    )
    machine.run(scheduler, 300)
    assert machine.cpu_s / (machine.now_s - 100) == pytest.approx(0.5, rel=0.03)


def test_nothing_binds_where_the_work_is_slower_than_the_limit() -> None:
    machine = Machine(0.2)
    scheduler = _scheduler(Limits(max_fps=30), machine)
    machine.run(scheduler, 20)
    assert scheduler.binds == "nothing"


@pytest.mark.parametrize(("cost_s", "frames"), [(0.004, 1000), (0.017, 250), (0.08, 200)])
def test_what_is_done_once_at_the_start_bends_no_rate(cost_s: float, frames: int) -> None:
    machine = Machine(cost_s)
    scheduler = _scheduler(Limits(max_duty=0.4), machine)
    machine.wait(0.1)
    scheduler.delay_s()
    machine.wait(0.6, duty=1.0)  # the first frame's warming up
    machine.run(scheduler, 1)
    began_s, used_s = machine.now_s, machine.cpu_s
    machine.run(scheduler, frames * cost_s / 0.4)
    duty = (machine.cpu_s - used_s) / (machine.now_s - began_s)
    assert duty == pytest.approx(0.4, rel=0.03)


def test_the_duty_holds_over_15_s_while_other_programs_come_and_go() -> None:
    machine, random = Machine(0.015, capture_duty=0.03), Random(2)  # noqa: S311 - a simulation
    scheduler = _scheduler(Limits(max_duty=0.4), machine)
    machine.run(scheduler, 15)
    wrong = []
    for _ in range(20):
        began_s, used_s = machine.now_s, machine.cpu_s
        while machine.now_s < began_s + 15:
            machine.crowd(0.015 * random.uniform(1, 1.8))
            machine.run(scheduler, random.uniform(3, 8))
        wrong.append(abs((machine.cpu_s - used_s) / (machine.now_s - began_s) / 0.4 - 1))
    assert sum(wrong) / len(wrong) < 0.03


def test_another_model_begins_without_the_costs_and_times_of_the_last() -> None:
    machine = Machine(0.5)
    scheduler = _scheduler(Limits(max_latency_ms=100, min_fps=0.5), machine)
    machine.run(scheduler, 10)
    before = (scheduler.wanted_fps, scheduler.binds)
    assert before == (0.0, "latency")
    scheduler.model_changed(threads=1, accelerated=False)
    assert scheduler.cost_s is None
    assert scheduler.latency_ms(0.95) is None
    assert scheduler.wanted_fps is None
    assert not scheduler.is_stale(0, 0)


def test_another_model_may_have_other_threads() -> None:
    machine = Machine(0.05)
    scheduler = _scheduler(Limits(), machine)
    scheduler.model_changed(threads=4, accelerated=False)
    machine.run(scheduler, 5)
    assert scheduler.cost_s == pytest.approx(0.055 / 4, rel=0.1)


def test_under_voltage_cuts_the_rate_within_a_quarter_of_a_second() -> None:
    machine = Machine(0.05)
    scheduler = _scheduler(Limits(), machine)
    machine.run(scheduler, 10)
    scheduler.observe((Reading("under_voltage", 1.0, "flag", 0),))
    machine.run(scheduler, 0.3)
    assert scheduler.binds == "power"
    assert scheduler.allowed_fps == pytest.approx(0.5 / 0.055, rel=0.2)


def test_a_temperature_that_cannot_be_read_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine(0.05)
    scheduler = _scheduler(Limits(max_temp_c=70), machine)
    with caplog.at_level(logging.WARNING):
        machine.run(scheduler, 30)
    assert [r.message for r in caplog.records if "max_temp_c" in r.message] == [
        "max_temp_c: no temperature is read, or it never changes; the duty is held at 0.5 instead"
    ]
