from __future__ import annotations

from edgeinfer.core.backoff import Backoff


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(first_s=1.0, longest_s=6.0, random=lambda: 1.0)
    assert [backoff.next_s() for _ in range(5)] == [1.0, 2.0, 4.0, 6.0, 6.0]


def test_chance_shortens_a_pause_by_half_at_most() -> None:
    backoff = Backoff(first_s=8.0, longest_s=8.0, random=iter([0.0, 0.5, 1.0]).__next__)
    assert [backoff.next_s() for _ in range(3)] == [4.0, 6.0, 8.0]


def test_by_default_two_devices_do_not_wait_in_step() -> None:
    one, other = Backoff(), Backoff()
    assert [one.next_s() for _ in range(8)] != [other.next_s() for _ in range(8)]


def test_after_success_the_first_pause_comes_again() -> None:
    backoff = Backoff(first_s=1.0, longest_s=60.0, random=lambda: 1.0)
    backoff.next_s()
    backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == 1.0
