from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Binds
from edgeinfer.errors import ModelError
from edgeinfer.pipeline import Pipeline
from edgeinfer.rungs import Rung
from edgeinfer.runtime.ladder import Change, Ladder
from edgeinfer.runtime.stock import available_bytes
from tests.doubles import EchoDecoder, EchoEngine

MIB = 2**20
COSTS_S = {"big": 0.4, "middle": 0.1, "small": 0.02}
NAMES = list(COSTS_S)


def pipeline_of(name: str) -> Pipeline:
    return Pipeline(
        name,
        lambda taken: (taken.pixels[None], Placement()),
        EchoEngine(),
        EchoDecoder(lambda _: None),
    )


@dataclass
class Plant:
    """A board: each model costs what it costs, and `duty` is all that the heat leaves."""

    begin: str = "big"
    min_fps: float = 1.0
    duty: float = 1.0
    max_fps: float | None = None
    available_bytes: int | None = 1000 * MIB
    broken: set[str] = field(default_factory=set)
    now_s: float = 0.0
    loads: list[str] = field(default_factory=list)
    held_up: bool = False
    jobs: list[Callable[[], None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        rungs = [
            Rung(name, partial(self._load, name), cost_s, 10 * MIB, (6, 4))
            for name, cost_s in COSTS_S.items()
        ]
        self.ladder = Ladder(
            pipeline_of(self.begin),
            rungs,
            self.min_fps,
            clock=lambda: self.now_s,
            available_bytes=lambda: self.available_bytes,
            in_background=self._background,
        )

    def run(self, seconds: float) -> list[str]:
        """The models that were changed to."""
        before, end_s = len(self.changes), self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += 1.0
            change = self.ladder.step(*self._limits())
            if change is not None:
                self.changes.append(change)
        return [change.after for change in self.changes[before:]]

    def finish_loading(self) -> None:
        self.held_up = False
        while self.jobs:
            self.jobs.pop()()

    def _limits(self) -> tuple[float, float, Binds]:
        cost_s = COSTS_S[self.ladder.pipeline.model]
        by_heat = self.duty / cost_s
        if self.max_fps is not None and self.max_fps < by_heat:
            return self.max_fps, cost_s, "max_fps"
        return by_heat, cost_s, "temperature"

    def _load(self, name: str) -> Pipeline:
        self.loads.append(name)
        if name in self.broken:
            raise ModelError(f"{name}: no such file")
        return pipeline_of(name)

    def _background(self, job: Callable[[], None]) -> None:
        if self.held_up:
            self.jobs.append(job)
        else:
            job()


def test_a_single_model_stays() -> None:
    ladder = Ladder(pipeline_of("big"))
    assert [ladder.step(0.001, 0.4, "temperature") for _ in range(100)] == [None] * 100
    assert ladder.pipeline.model == "big"


def test_it_goes_down_as_far_as_the_heat_asks_and_comes_back_with_the_cool() -> None:
    plant = Plant()
    assert plant.run(100) == []
    plant.duty = 0.2
    assert plant.run(100) == ["middle"], "which runs at 2 fps"
    plant.duty = 0.05
    assert plant.run(100) == ["small"]
    plant.duty = 0.001
    assert plant.run(100) == [], "there is none smaller"
    plant.duty = 0.2
    assert plant.run(200) == ["middle"], "the big one would reach 0.5 fps"
    plant.duty = 0.45
    assert plant.run(2000) == [], "1.1 fps are not enough room"
    plant.duty = 0.6
    assert plant.run(200) == ["big"]


def test_a_change_says_from_what_to_what_and_why() -> None:
    plant = Plant(duty=0.2)
    plant.run(30)
    (change,) = plant.changes
    assert (change.before, change.after, change.binds) == ("big", "middle", "temperature")
    assert change.facts == {
        "from": "big",
        "to": "middle",
        "binds": "temperature",
        "wanted_fps": 0.5,
    }
    assert plant.ladder.pipeline.model == "middle"


def test_a_ladder_may_begin_on_a_lower_rung() -> None:
    assert Plant(begin="middle").run(100) == ["big"]


def test_no_limit_at_all_is_room() -> None:
    plant = Plant(begin="small")
    changes = []
    for _ in range(100):
        plant.now_s += 1
        changes.append(plant.ladder.step(None, 0.02, "nothing"))
    assert [change.after for change in changes if change] == ["middle"]


def test_a_bigger_model_that_is_too_slow_by_itself_is_never_tried() -> None:
    assert Plant(begin="middle", min_fps=2.5).run(5000) == [], "2.5 fps at most"


def test_behind_max_fps_the_bigger_model_is_tried_ever_more_seldom() -> None:
    plant = Plant(min_fps=2.0, max_fps=2.0, duty=0.3)
    plant.run(8 * 3600)
    assert plant.changes[0].after == "middle"
    assert len(plant.changes) < 30
    plant.duty = 1.0
    assert plant.run(3700) == ["big"]


def test_the_neighbours_are_loaded_before_they_are_needed_the_smaller_one_first() -> None:
    plant = Plant(begin="middle", duty=0.15)
    plant.run(3)
    assert plant.loads == ["small", "big"]
    plant.duty = 0.05
    plant.held_up = True
    assert plant.run(30) == ["small"], "nothing had to be loaded"


def test_the_first_frames_after_a_change_share_the_processor_with_no_loading() -> None:
    plant = Plant(duty=0.2)
    while not plant.run(1):
        pass
    assert plant.run(4) == []
    assert plant.loads == ["middle"]
    plant.run(2)
    assert plant.loads == ["middle", "small"]


def test_where_memory_is_short_the_next_model_is_loaded_when_it_is_needed() -> None:
    plant = Plant(available_bytes=70 * MIB, held_up=True)
    plant.run(100)
    assert plant.loads == []
    plant.duty = 0.2
    assert plant.run(100) == [], "frames go on with the big one while it loads"
    plant.finish_loading()
    assert plant.loads == ["middle"]
    assert plant.run(1) == ["middle"]


@pytest.mark.parametrize(("memory_bytes", "kept"), [(1000 * MIB, True), (63 * MIB, False)])
def test_the_old_model_is_kept_only_where_there_is_memory(memory_bytes: int, kept: bool) -> None:
    plant = Plant(available_bytes=memory_bytes)
    old = weakref.ref(plant.ladder.pipeline)
    plant.duty = 0.2
    assert plant.run(30) == ["middle"]
    gc.collect()
    assert (old() is not None) == kept


def test_nothing_is_loaded_ahead_where_the_machine_does_not_tell_its_memory() -> None:
    plant = Plant(available_bytes=None)
    plant.run(100)
    assert plant.loads == []
    plant.duty = 0.2
    assert plant.run(100) == ["middle"]


def test_a_need_that_passed_while_the_model_was_loaded_changes_nothing() -> None:
    plant = Plant(available_bytes=70 * MIB, held_up=True, duty=0.2)
    plant.run(30)
    plant.duty = 1.0
    plant.run(1)
    plant.finish_loading()
    assert plant.run(100) == []


def test_a_rung_that_cannot_be_loaded_any_more_is_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    plant = Plant(broken={"middle"}, duty=0.05)
    with caplog.at_level(logging.WARNING):
        assert plant.run(100) == ["small"]
        plant.duty = 1.0
        assert plant.run(1000) == ["big"]
    assert plant.loads.count("middle") == 1
    assert [record.getMessage() for record in caplog.records] == [
        "model.ladder: middle: left out from now on: middle: no such file"
    ]


def test_a_bug_in_the_background_is_not_kept_quiet() -> None:
    def load() -> Pipeline:
        raise ZeroDivisionError

    rungs = [
        Rung("big", load, 0.4, MIB, (6, 4)),
        Rung("small", load, 0.1, MIB, (6, 4)),
    ]
    ladder = Ladder(
        pipeline_of("big"),
        rungs,
        1.0,
        available_bytes=lambda: 1000 * MIB,
        in_background=lambda job: job(),
    )
    ladder.step(5.0, 0.4, "nothing")
    with pytest.raises(ZeroDivisionError):
        ladder.step(5.0, 0.4, "nothing")


ANYTHING = st.lists(
    st.tuples(st.one_of(st.none(), st.floats(0, 50)), st.integers(1, 600)), max_size=30
)


@given(ANYTHING)
def test_changes_are_few_whatever_the_limits_do(wanted: list[tuple[float | None, int]]) -> None:
    plant = Plant()
    changes = 0
    for fps, seconds in wanted:
        for _ in range(seconds // 5):
            plant.now_s += 5
            changes += plant.ladder.step(fps, 0.1, "temperature") is not None
    steps = len(NAMES) - 1
    assert changes <= 2 * steps * (8 + plant.now_s / 660)


def test_the_available_memory_is_read_from_meminfo(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 400000 kB\nMemAvailable:  123456 kB\n")
    assert available_bytes(tmp_path / "meminfo") == 123456 * 1024
    (tmp_path / "meminfo").write_text("MemTotal: lots\n")
    assert available_bytes(tmp_path / "meminfo") is None
    assert available_bytes(tmp_path / "absent") is None
