from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Finding, Mask, Result, Timing
from edgeinfer.runtime.gate import Gate
from edgeinfer.runtime.service import Service
from edgeinfer.sections import MotionGate
from tests.doubles import ListSink, ScriptedSource, echo_pipeline

STILL, OTHER = (np.full((45, 80, 3), level, np.uint8) for level in (60, 160))
CAR = Detection("car", 0.8, Box(0.1, 0.1, 0.2, 0.2))


def frames(moves_s: Sequence[float], seconds: float, fps: float) -> list[Frame]:
    """The picture is another one for 0.2 s from each of `moves_s` on."""
    times_s = [n / fps for n in range(round(seconds * fps))]
    return [
        Frame(
            OTHER if any(0 <= t_s - move_s < 0.2 for move_s in moves_s) else STILL,
            n,
            (ns := round(t_s * 1e9)),
            ns,
        )
        for n, t_s in enumerate(times_s)
    ]


def result(frame: Frame, findings: Iterable[Finding] = ()) -> Result:
    return Result(frame, "double", tuple(findings), Timing(0, 0, 0, 0))


def ran_s(
    gate: Gate, given_frames: Iterable[Frame], found: Mapping[int, Sequence[Finding]] | None = None
) -> list[float]:
    """When the model ran. `found`: what it finds, from so many seconds on."""
    times_s = []
    for frame in given_frames:
        if gate.wants(frame):
            now_s = frame.captured_ns / 1e9
            times_s.append(now_s)
            begun = [one for since_s, one in (found or {}).items() if since_s <= now_s]
            gate.seen(result(frame, begun[-1] if begun else ()))
    return times_s


def between(times_s: Sequence[float], begin_s: float, end_s: float) -> int:
    return sum(begin_s <= one < end_s for one in times_s)


def test_a_still_picture_is_shown_at_the_floor_rate_alone() -> None:
    times_s = ran_s(Gate(MotionGate(hold_s=1)), frames([], 30, 30))
    assert between(times_s, 0, 1) == 30, "the first look"
    assert between(times_s, 2, 22) == 20


def test_motion_is_shown_at_once_and_all_of_it_until_it_has_been_over_for_some_time() -> None:
    times_s = ran_s(Gate(MotionGate(hold_s=3, floor_fps=0.1)), frames([20], 40, 10))
    assert between(times_s, 20, 23.1) == 31, "in the first frame, too"
    assert between(times_s, 36, 40) <= 1, "gone and usual again"


def test_now_and_then_everything_is_shown_for_a_while() -> None:
    gate = Gate(MotionGate(hold_s=2, floor_fps=0.1, look_s=30))
    times_s = ran_s(gate, frames([], 65, 10))
    assert between(times_s, 30, 32.1) == between(times_s, 60, 62.1) == 21
    assert between(times_s, 35, 55) == 2


def test_something_that_stands_still_is_shown_twice_a_second_however_low_the_floor() -> None:
    gate = Gate(MotionGate(floor_fps=0.05))
    times_s = ran_s(gate, frames([], 40, 10), {0: [CAR]})
    assert between(times_s, 10, 30) == 40


def test_a_single_miss_of_something_that_stands_still_does_not_let_go_of_it() -> None:
    gate = Gate(MotionGate(floor_fps=0.05))
    found = {0: [CAR], 12: [], 13: [CAR], 20: []}
    times_s = ran_s(gate, frames([], 60, 10), found)
    assert between(times_s, 10, 20) == 20
    assert between(times_s, 24, 44) == 1


def test_a_model_that_changes_its_mind_about_a_still_picture_opens_nothing() -> None:
    found = {since_s: [CAR, CAR][: since_s % 3] for since_s in range(40)}
    times_s = ran_s(Gate(MotionGate()), frames([], 40, 10), found)
    assert between(times_s, 10, 40) <= 60


def test_findings_without_a_label_are_found_things_too() -> None:
    mask = Mask(("sky",), np.zeros((2, 2), np.uint8))
    gate = Gate(MotionGate(hold_s=0, floor_fps=0.05))
    assert between(ran_s(gate, frames([], 20, 10), {0: [mask]}), 10, 20) == 20


@settings(deadline=None)  # a crowded machine is no failure
@given(
    fps=st.floats(0.5, 60),
    floor_fps=st.floats(0.05, 40),
    hold_s=st.floats(0, 5),
    moves_s=st.lists(st.floats(0, 10), max_size=3),
)
def test_the_floor_rate_is_kept_whatever_moves(
    fps: float, floor_fps: float, hold_s: float, moves_s: list[float]
) -> None:
    gate = Gate(MotionGate(hold_s=hold_s, floor_fps=floor_fps))
    given_frames = frames(moves_s, 80 / fps, fps)
    times_s = [*ran_s(gate, given_frames), 80 / fps]
    longest_s = max(1 / floor_fps, 1 / fps)
    assert all(after - before <= longest_s + 1e-6 for before, after in pairwise(times_s))


@pytest.mark.parametrize("gap_s", [2.0, 3600.0])
def test_a_source_that_was_away_is_looked_at_in_its_first_frame(gap_s: float) -> None:
    gate = Gate(MotionGate())
    before = frames([], 10, 10)
    ran_s(gate, before)
    ns = before[-1].captured_ns + round(gap_s * 1e9)
    assert gate.wants(Frame(STILL, 1000, ns, ns))


def test_the_service_counts_what_was_left_out_and_a_clip_gives_the_same_each_time() -> None:
    reports, seen = [], []
    for _ in range(2):
        sink, source = ListSink(), ScriptedSource(frames([6.0], 20, 10))
        gate = Gate(MotionGate(hold_s=1))
        reports.append(Service(source, echo_pipeline(), [sink], gate=gate).run())
        seen.append([one.frame.seq for one in sink.sent if isinstance(one, Result)])
    assert seen[0] == seen[1]
    assert set(range(60, 71)) <= set(seen[0])
    assert all(report.results + report.still == report.frames == 200 for report in reports)
    assert reports[0].still > 100
