from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.runtime.governor import Decision, Observation, State, decide, floor_fps
from edgeinfer.sections import Limits

# All that a float can be: what a broken sensor says is not chosen by us.
anything = st.none() | st.floats() | st.sampled_from([1e9, -273.0, -88.0, 85.0])
seen_now = st.builds(
    Observation,
    now_s=st.just(0.0),
    cost_s=st.none() | st.floats(1e-4, 2),
    used_s=st.floats(0, 1),
    duty=st.floats(0, 1.2),
    temp_c=anything,
    slowed=st.booleans(),
    under_voltage=st.booleans(),
)
limits = st.builds(
    Limits,
    max_fps=st.none() | st.floats(1, 100),
    min_fps=st.none() | st.floats(0.01, 1),
    max_latency_ms=st.none() | st.floats(1, 1000),
    max_temp_c=st.none() | st.floats(30, 90),
    max_duty=st.none() | st.floats(0.01, 1),
)


def _follow(limits: Limits, seen: list[Observation]) -> tuple[Decision, State]:
    """One reading and one decision every half second, and what is used adds up."""
    decision, state, used_s = Decision(), State(), 0.0
    for i, observation in enumerate(seen):
        used_s += observation.used_s
        now_s = i / 2
        decision, state = decide(
            limits, state, replace(observation, now_s=now_s, used_s=used_s, read_s=now_s)
        )
    return decision, state


def _warm(temp_c: float, *, duty: float = 0.5, seconds: int = 60) -> State:
    seen = Observation(0.0, cost_s=0.1, used_s=duty / 2, duty=duty, temp_c=temp_c)
    return _follow(Limits(max_temp_c=70), [seen] * (2 * seconds))[1]


def _next(state: State, **seen: float | bool | None) -> Observation:
    assert state.now_s is not None
    now_s = state.now_s + 0.5
    return replace(
        Observation(now_s, cost_s=0.1, used_s=state.used_s + 0.25, duty=0.5, read_s=now_s),
        **seen,  # type: ignore[arg-type]  # each test names fields of its own
    )


@given(limits=limits, seen=st.lists(seen_now, min_size=1, max_size=30))
def test_whatever_is_read_the_rate_stays_between_its_bounds(
    limits: Limits, seen: list[Observation]
) -> None:
    decision, _ = _follow(limits, seen)
    assert (1 / limits.max_fps if limits.max_fps else 0) <= decision.interval_s
    assert decision.interval_s <= 1 / floor_fps(limits)


@given(
    before=st.lists(seen_now, max_size=20),
    temps_c=st.tuples(st.floats(-40, 150), st.floats(-40, 150)).map(sorted),
)
def test_a_higher_temperature_never_raises_the_rate(
    before: list[Observation], temps_c: list[float]
) -> None:
    limits = Limits(max_temp_c=70)
    _, state = _follow(limits, before)
    now_s = (state.now_s or 0.0) + 0.5
    cool, hot = (
        decide(limits, state, Observation(now_s, 0.1, state.used_s, temp_c=t, read_s=now_s))[0]
        for t in temps_c
    )
    assert hot.interval_s >= cool.interval_s * (1 - 1e-9)


@pytest.mark.parametrize("temp_c", [None, float("nan"), float("inf"), 1e9, -273.0])
def test_without_a_believable_temperature_half_the_duty_is_left(temp_c: float | None) -> None:
    seen = Observation(0.0, cost_s=0.1, used_s=0.25, temp_c=temp_c)
    first, _ = _follow(Limits(max_temp_c=70), [seen])
    decision, _ = _follow(Limits(max_temp_c=70), [seen] * 30)
    assert first.interval_s == pytest.approx(0.2, rel=0.16)
    assert not first.blind  # the sensors have not been asked yet
    assert decision.blind
    assert decision.binds == "temperature"
    assert decision.interval_s == pytest.approx(0.2, rel=0.16)


def test_a_sensor_that_is_lost_leaves_no_more_than_it_last_allowed() -> None:
    limits, state = Limits(max_temp_c=70), _warm(75.0, duty=0.2)
    before, _ = decide(limits, state, _next(state, temp_c=75.0))
    for _ in range(30):
        after, state = decide(limits, state, _next(state, temp_c=None))
    assert after.blind
    assert after.interval_s > 0.2 < before.interval_s


def test_a_frozen_sensor_is_not_believed_for_ever() -> None:
    limits, state = Limits(max_temp_c=70), _warm(40.0, seconds=400)
    decision, state = decide(limits, state, _next(state, temp_c=40.0))
    assert decision.blind
    decision, _ = decide(limits, state, _next(state, temp_c=40.5))
    assert not decision.blind


def test_a_single_spike_changes_next_to_nothing() -> None:
    limits, state = Limits(max_temp_c=70), _warm(60.0)
    calm, _ = decide(limits, state, _next(state, temp_c=60.0))
    spiked, _ = decide(limits, state, _next(state, temp_c=120.0))
    assert spiked.interval_s == pytest.approx(calm.interval_s, rel=0.02, abs=0.01)


@pytest.mark.parametrize(("flag", "binds"), [("under_voltage", "power"), ("slowed", "temperature")])
def test_a_flag_cuts_within_one_decision_and_is_forgiven_slowly(flag: str, binds: str) -> None:
    state = _follow(Limits(), [Observation(0.0, cost_s=0.1, used_s=0.25, duty=0.5)] * 20)[1]
    free, state = decide(Limits(), state, _next(state))
    cut, state = decide(Limits(), state, _next(state, **{flag: True}))
    assert free.interval_s == 0
    assert cut.binds == binds
    assert cut.interval_s > 0.15
    for _ in range(20):
        after, state = decide(Limits(), state, _next(state))
    assert after.binds == binds
    for _ in range(1200):
        after, state = decide(Limits(), state, _next(state))
    assert after.binds == "nothing"


def test_two_limits_alike_do_not_take_turns() -> None:
    limits, state = Limits(max_fps=5, max_duty=0.5), State()
    names = set()
    for i in range(100):
        cost_s = 0.1 * (1.03 if i % 2 else 0.97)
        seen = Observation(i / 4, cost_s=cost_s, used_s=i / 8)
        decision, state = decide(limits, state, seen)
        names.add(decision.binds)
    assert len(names) == 1


def test_what_the_limits_want_is_told_below_the_floor_too() -> None:
    seen = Observation(0.0, cost_s=1.0, used_s=0.05)
    decision, _ = _follow(Limits(min_fps=1, max_duty=0.1), [seen] * 5)
    assert decision.interval_s == 1
    assert decision.wanted_fps == pytest.approx(0.1, rel=0.2)
