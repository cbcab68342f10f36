from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from edgeinfer.errors import EdgeinferError, EngineError, SourceError
from edgeinfer.runtime.deadline import Deadlines, SensorWatch, stuck


class Threads:
    """Since when each of them is inside a call, and the time of now."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.inference = SimpleNamespace(running_since_s=None, results=1, model="echo")
        self.capture = SimpleNamespace(reading_since_s=None)
        self.deadlines = Deadlines(
            cast("Any", self.inference),
            cast("Any", self.capture),
            "porch",
            invoke_limit_s=10,
            source_limit_s=60,
            clock=lambda: self.now_s,
        )

    def after(self, seconds: float) -> EdgeinferError | None:
        """What two looks a second apart find then."""
        self.now_s += seconds - 1
        assert self.deadlines.look() is None
        self.now_s += 1
        return self.deadlines.look()


@pytest.fixture
def threads() -> Threads:
    return Threads()


def test_where_nothing_is_inside_a_call_nothing_hangs(threads: Threads) -> None:
    assert threads.after(10_000) is None


def test_a_run_of_the_model_that_does_not_end_is_named(threads: Threads) -> None:
    threads.inference.running_since_s = threads.now_s
    assert threads.after(10) is None
    error = threads.after(2)
    assert isinstance(error, EngineError)
    assert str(error).startswith("model echo: one run has not ended within 10 s; ")


def test_the_first_run_has_a_minute(threads: Threads) -> None:
    threads.inference.results = 0
    threads.inference.running_since_s = threads.now_s
    assert threads.after(60) is None
    assert threads.after(2)


def test_a_source_that_does_not_return_is_named(threads: Threads) -> None:
    threads.capture.reading_since_s = threads.now_s
    assert threads.after(60) is None
    error = threads.after(2)
    assert isinstance(error, SourceError)
    assert str(error).startswith("porch: has not returned from its driver for 60 s; ")


def test_what_goes_on_after_a_process_was_stopped_does_not_hang(threads: Threads) -> None:
    threads.inference.running_since_s = threads.now_s
    threads.now_s += 3600
    assert threads.deadlines.look() is None
    threads.inference.running_since_s = threads.now_s
    assert threads.after(5) is None


def test_each_look_may_find_another_late_one(threads: Threads) -> None:
    for _ in range(3):
        threads.inference.running_since_s = threads.now_s
        threads.now_s += 11
        assert threads.deadlines.look() is None, "it was another run each time"


def test_a_sink_that_is_inside_a_call_for_long_is_stuck() -> None:
    names = {"away": None, "slow": 971.0, "stuck": 969.0}
    deliveries = [SimpleNamespace(name=name, inside_since_s=s) for name, s in names.items()]
    assert stuck(cast("Any", deliveries), clock=lambda: 1000.0) == ["stuck"]


def test_a_sensor_that_does_not_return_is_named_once_for_each_time() -> None:
    now_s, vitals = [1000.0], SimpleNamespace(reading=None)
    watch = SensorWatch(cast("Any", vitals), lambda: now_s[0])

    def looks(*seconds: float) -> list[str | None]:
        began_s = now_s[0]
        found = []
        for second in seconds:
            now_s[0] = began_s + second
            found.append(watch.look())
        return found

    assert looks(0, 100) == [None, None], "inside none"
    for _ in range(2):
        vitals.reading = ("BusSensor", now_s[0])
        assert looks(10, 11, 12, 13) == [None, None, "BusSensor", None]
        vitals.reading = ("BusSensor", now_s[0])
        assert looks(1) == [None], "it returned, and is asked again"


def test_after_the_process_was_stopped_no_sensor_hangs() -> None:
    now_s = [1000.0]
    vitals = SimpleNamespace(reading=("BusSensor", 1000.0))
    watch = SensorWatch(cast("Any", vitals), lambda: now_s[0])
    now_s[0] = 2000.0
    assert watch.look() is None
    vitals.reading = ("BusSensor", 2000.5)
    now_s[0] = 2001.0
    assert watch.look() is None
