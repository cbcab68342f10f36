from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.runtime.hysteresis import Hysteresis, Way


class Clocked:
    """Follows every advice at once; a step is a second."""

    def __init__(self, min_fps: float = 1.0) -> None:
        self.now_s = 0.0
        self.went: list[tuple[float, Way]] = []
        self._hysteresis = Hysteresis(min_fps)

    def run(self, seconds: float, state: str, step_s: float = 1.0) -> list[Way]:
        """The changes of that time."""
        before = len(self.went)
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += step_s
            way = self._hysteresis.advise(
                self.now_s, too_slow=state == "slow", room=state == "room"
            )
            if way != "stay":
                self._hysteresis.went(self.now_s, way)
                self.went.append((self.now_s, way))
        return [way for _, way in self.went[before:]]


def test_it_goes_down_after_twenty_seconds_of_too_low_a_rate() -> None:
    clocked = Clocked()
    assert clocked.run(20, "slow") == []
    assert clocked.run(1, "slow") == ["down"]


def test_one_good_moment_begins_the_twenty_seconds_anew() -> None:
    clocked = Clocked()
    for _ in range(10):
        assert clocked.run(19, "slow") == []
        assert clocked.run(1, "fair") == []


def test_a_silent_camera_is_no_time_of_too_low_a_rate() -> None:
    clocked = Clocked()
    clocked.run(5, "slow")
    clocked.now_s += 3600
    assert clocked.run(20, "slow") == []
    assert clocked.run(2, "slow") == ["down"]


def test_frames_that_are_ten_seconds_apart_count_where_that_is_the_least_rate() -> None:
    """There five frames have to be slow: fewer do not tell yet what a model costs."""
    clocked = Clocked(min_fps=0.1)
    assert clocked.run(50, "slow", step_s=10) == []
    assert clocked.run(10, "slow", step_s=10) == ["down"]


def test_it_climbs_after_a_minute_of_room() -> None:
    clocked = Clocked()
    assert clocked.run(60, "room") == []
    assert clocked.run(1, "room") == ["up"]


def test_a_climb_that_is_taken_back_doubles_the_wait_up_to_an_hour() -> None:
    clocked = Clocked()
    waits_s = []
    for _ in range(9):
        fell_s = clocked.now_s
        while not clocked.run(1, "room"):
            pass
        waits_s.append(clocked.now_s - fell_s)
        while not clocked.run(1, "slow"):
            pass
    assert waits_s == [61, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_a_climb_that_lasts_sets_the_wait_back() -> None:
    clocked = Clocked()
    for _ in range(3):
        clocked.run(500, "room")
        clocked.run(21, "slow")
    assert clocked.run(470, "room") == [], "it has become long"
    clocked.run(11, "room")
    clocked.run(700, "fair")
    assert clocked.run(21, "slow") == ["down"]
    assert clocked.run(61, "room") == ["up"]


STATES = st.lists(
    st.tuples(st.sampled_from(["slow", "fair", "room"]), st.integers(1, 900)), max_size=60
)


@given(STATES)
def test_the_number_of_climbs_is_bounded_whatever_happens(states: list[tuple[str, int]]) -> None:
    """Seven waits double from one minute to the hour; a climb that lasts takes ten minutes.

    Climbs that follow each other with no fall between are those of a ladder that ends.
    """
    clocked = Clocked()
    for state, seconds in states:
        clocked.run(seconds, state, step_s=5.0)
    ways = [way for _, way in clocked.went]
    falls_of_climbs = sum(pair == ("up", "down") for pair in pairwise(ways))
    assert falls_of_climbs <= 7 + clocked.now_s / 660


@given(STATES)
def test_changes_are_never_closer_than_what_they_wait_for(states: list[tuple[str, int]]) -> None:
    clocked = Clocked()
    for state, seconds in states:
        clocked.run(seconds, state, step_s=5.0)
    for (before_s, _), (after_s, way) in pairwise(clocked.went):
        assert after_s - before_s >= (20 if way == "down" else 60)
