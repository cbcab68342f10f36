from __future__ import annotations

import pytest

from edgeinfer.rules.smoothing import Presence, SettledCount, Smoothed
from tests.rules.scenes import chance

RATES = (2, 5, 10, 30)


@pytest.mark.parametrize("fps", RATES)
def test_a_steady_value_is_reached_in_its_time_at_any_rate(fps: int) -> None:
    smoothed = Smoothed(1.0)
    levels = [smoothed.update(1.0, n * 10**9 // fps) for n in range(fps + 1)]
    assert levels[-1] == pytest.approx(0.632, abs=0.01)


def test_one_frame_after_a_long_pause_is_no_certainty() -> None:
    smoothed = Smoothed(0.5)
    smoothed.update(0.0, 0)
    assert smoothed.update(1.0, 3600 * 10**9) == 0.5


def test_frames_of_one_moment_change_nothing() -> None:
    smoothed = Smoothed(0.5)
    assert [smoothed.update(1.0, 5), smoothed.update(1.0, 5)] == [0.0, 0.0]


@pytest.mark.parametrize("fps", [10, 30])
def test_a_count_settles_in_its_time_both_ways(fps: int) -> None:
    count, changes = SettledCount(2.0), []
    for n in range(20 * fps):
        there = 0 if n >= 12 * fps else 3 if n >= 5 * fps else 2
        if count.update(there, n * 10**9 // fps):
            changes.append((round(n / fps, 1), count.count))
    assert [number for _, number in changes] == [2, 3, 0]
    assert [when for when, _ in changes] == pytest.approx([2.0, 7.0, 14.0], abs=0.2)


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("number", [1, 2, 7, 20])
def test_many_that_come_or_go_at_once_take_no_less_time_than_one(fps: int, number: int) -> None:
    count = SettledCount(5.0)
    changes = [
        (n / fps, count.count)
        for n in range(50 * fps)
        if count.update(number if fps <= n < 41 * fps else 0, n * 10**9 // fps)
    ]
    assert [settled for _, settled in changes] == [number, 0]
    assert [when for when, _ in changes] == pytest.approx([6.0, 46.0], abs=1.5 / fps)


def test_a_crowd_of_one_moment_is_none() -> None:
    count = SettledCount(2.0)
    assert not any(count.update(9 * (n in (20, 21, 22)), n * 10**8) for n in range(100))


@pytest.mark.parametrize("seed", range(10))
def test_misses_do_not_change_a_count(seed: int) -> None:
    random, count, changes = chance(seed), SettledCount(2.0), []
    for n in range(600):
        seen = sum(random.random() > 0.15 for _ in range(2))
        if count.update(seen, n * 10**8):
            changes.append(count.count)
    assert changes in ([1, 2], [2])


def test_a_presence_knows_when_it_was_first_and_last_seen() -> None:
    presence = Presence(0.5)
    for n in range(100):
        presence.update(0.7 if 20 <= n < 60 else 0.0, n * 10**8)
        assert not presence.here or 20 < n < 75
    assert (presence.first_ns, presence.last_ns) == (20 * 10**8, 59 * 10**8)


def test_a_lone_mistake_before_and_after_is_no_part_of_it() -> None:
    presence = Presence(0.3, gap_s=1.0)
    for n in range(100):
        presence.update(0.7 if 20 <= n < 60 or n in (10, 68) else 0.0, n * 10**8)
        if n == 75:
            assert not presence.here
    assert (presence.first_ns, presence.last_ns) == (20 * 10**8, 59 * 10**8)
