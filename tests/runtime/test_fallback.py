from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from edgeinfer.errors import EngineError, SourceError
from edgeinfer.last_run import LastRun
from edgeinfer.runtime.fallback import Fallback
from edgeinfer.sections import Model

MODEL = Model(path=Path("x.tflite"), delegate="lib.so")
ON_CPU = replace(MODEL, delegate=None)


class Board:
    """A state directory, a clock, and an accelerator that works or does not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_s = 1_000_000.0
        self.tried = 0
        self.fails_until = 0
        self.on_cpu: Model | None = ON_CPU

    def trial(self) -> None:
        self.tried += 1
        if self.tried <= self.fails_until:
            raise EngineError("refused to start")

    def start(self, model: Model = MODEL, before: LastRun | None = None) -> Fallback:
        return Fallback(
            model,
            self.folder,
            before,
            instead=lambda _: self.on_cpu,
            trial=self.trial,
            clock=lambda: self.now_s,
            wall_s=lambda: self.now_s,
        )

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(EngineError), self.start():
                raise EngineError("the device has gone")

    def strikes(self) -> object:
        return self.start().facts().get("failures", 0)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_two_failures_are_forgiven_and_the_third_is_answered(board: Board) -> None:
    board.fail(2)
    assert not board.start().active
    board.fail()
    found = board.start()
    assert found.active
    assert found.model == ON_CPU
    assert found.facts()["reason"] == "the device has gone"


def test_an_error_of_another_part_is_no_strike(board: Board) -> None:
    with pytest.raises(SourceError), board.start():
        raise SourceError("the camera")
    assert board.strikes() == 0


def test_an_error_on_the_cpu_is_no_strike(board: Board) -> None:
    board.fail(3)
    with pytest.raises(EngineError), board.start():
        raise EngineError("the interpreter itself")
    assert board.strikes() == 3


def test_a_crash_in_the_engine_is_counted_by_the_next_start(board: Board) -> None:
    board.start(before=LastRun("crashed", "SEGV", {"delegate": "lib.so"}, in_engine=True))
    assert board.strikes() == 1


@pytest.mark.parametrize(
    "before",
    [
        LastRun("crashed", "SEGV", {"delegate": "lib.so"}),
        LastRun("crashed", "SEGV", {"delegate": None}, in_engine=True),
        LastRun("power", "no power", {"delegate": "lib.so"}),
        LastRun("killed", "no memory", {"delegate": "lib.so"}),
    ],
    ids=["elsewhere", "on the CPU", "power cut", "killed"],
)
def test_what_was_not_the_delegate_is_no_strike(board: Board, before: LastRun) -> None:
    board.start(before=before)
    assert board.strikes() == 0


def test_a_model_without_a_delegate_has_no_strikes(board: Board) -> None:
    with pytest.raises(EngineError), board.start(ON_CPU) as found:
        raise EngineError("whatever")
    assert (found.active, found.facts()) == (False, {})


def test_where_nothing_can_take_its_place_the_delegate_is_tried_on(board: Board) -> None:
    board.on_cpu = None
    board.fail(5)
    found = board.start()
    assert (found.active, found.model) == (False, MODEL)


def test_after_the_pause_the_delegate_is_taken_and_one_more_failure_is_enough(
    board: Board,
) -> None:
    board.fail(3)
    board.now_s += 60
    assert not board.start().active
    board.fail()
    board.now_s += 119
    assert board.start().active
    board.now_s += 1
    assert not board.start().active


def test_only_ten_minutes_of_results_clear_the_strikes(board: Board) -> None:
    board.fail(2)
    running = board.start()
    assert not running.proven(results=0)
    board.now_s += 10_000
    assert not running.proven(results=1), "the first one has only come now"
    board.now_s += 599
    assert not running.proven(results=100)
    board.now_s += 1
    assert running.proven(results=101)
    assert not running.proven(results=102), "it is said once"
    assert board.strikes() == 0


def test_ten_minutes_on_the_cpu_prove_nothing(board: Board) -> None:
    board.fail(3)
    running = board.start()
    running.proven(results=1)
    board.now_s += 10_000
    assert not running.proven(results=2)


def test_after_each_pause_it_is_tried_in_another_process_until_it_works(board: Board) -> None:
    board.fail(3)
    running = board.start()
    board.fails_until = 2

    class Clock(Event):
        """Waiting takes no time of ours."""

        def wait(self, timeout: float | None = None) -> bool:
            board.now_s += timeout or 0
            return False

    began_s = board.now_s
    assert running.wait_until_it_works(Clock())
    assert board.tried == 3
    assert board.now_s - began_s == 60 + 120 + 240
    assert not board.start().active, "so the next start takes the delegate"


def test_the_end_of_the_service_ends_the_waiting(board: Board) -> None:
    board.fail(3)
    stop = Event()
    stop.set()
    assert not board.start().wait_until_it_works(stop)
    assert board.tried == 0
