from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from threading import Event, Thread

import pytest

from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Event as Happening
from edgeinfer.core.results import Message, Result
from edgeinfer.core.tensor import Array
from edgeinfer.errors import EngineError, SinkClosed, SourceError
from edgeinfer.runtime.report import Report
from edgeinfer.runtime.service import Service
from edgeinfer.sections import Limits
from tests.doubles import (
    AbsentSource,
    EchoEngine,
    ListSink,
    ScriptedSource,
    echo_pipeline,
    frame,
)


def _seqs(sink: ListSink) -> list[int]:
    return [message.frame.seq for message in sink.sent if isinstance(message, Result)]


def _endless(*before_each: Callable[[], object]) -> Iterator[Frame | Callable[[], object]]:
    for seq in count():
        yield from before_each
        yield frame(seq)


class Hang:
    """A driver's call that does not return, until the test lets it go."""

    def __init__(self) -> None:
        self.reached = Event()
        self._free = Event()

    def __call__(self) -> None:
        self.reached.set()
        self._free.wait(timeout=60)

    def let_go(self) -> None:
        self._free.set()


def _run_in_a_thread(service: Service) -> tuple[Thread, list[Report]]:
    reports: list[Report] = []
    thread = Thread(target=lambda: reports.append(service.run()))
    thread.start()
    return thread, reports


def test_every_frame_of_a_clip_reaches_every_sink_in_order() -> None:
    sinks = [ListSink(), ListSink()]
    report = Service(ScriptedSource(map(frame, range(300))), echo_pipeline(), sinks).run()
    assert _seqs(sinks[0]) == _seqs(sinks[1]) == list(range(300))
    assert (report.frames, report.results, report.dropped) == (300, 300, 0)
    assert [sink.delivered for sink in report.sinks] == [300, 300]
    assert not report.stopped


def test_the_findings_are_those_of_the_frame_they_stand_with() -> None:
    sink = ListSink()
    Service(ScriptedSource(map(frame, range(20))), echo_pipeline(), [sink]).run()
    for message in sink.sent:
        assert isinstance(message, Result)
        assert message.findings[0].label == str(message.frame.seq)  # type: ignore[union-attr] # it is one


def test_it_ends_after_the_number_of_results_that_was_asked_for() -> None:
    sink = ListSink()
    report = Service(ScriptedSource(_endless(), live=True), echo_pipeline(), [sink], frames=5).run()
    assert report.results == len(sink.sent) == 5


def test_a_live_source_keeps_the_newest_frame_and_counts_the_rest() -> None:
    seen: list[int] = []
    first_done, rest_read = Event(), Event()
    numbered = [frame(seq) for seq in range(10)]
    source = ScriptedSource([numbered[0], first_done.wait, *numbered[1:], rest_read.set], live=True)

    def called(seq: int) -> None:
        seen.append(seq)
        first_done.set()
        rest_read.wait(timeout=10)

    report = Service(source, echo_pipeline(called), []).run()
    assert seen == [0, 9]
    assert (report.frames, report.dropped) == (10, 8)


def test_a_stop_delivers_everything_that_was_taken_in() -> None:
    sink, going = ListSink(), Event()
    pipeline = echo_pipeline(lambda _: going.set())
    service = Service(ScriptedSource(_endless()), pipeline, [sink])
    thread, reports = _run_in_a_thread(service)
    assert going.wait(timeout=10)
    service.stop()
    thread.join(timeout=10)
    assert reports[0].stopped
    assert _seqs(sink) == list(range(reports[0].results))
    assert reports[0].frames - reports[0].results <= 1, "the frame at hand when the slot closed"


def test_a_stop_does_not_wait_for_the_scheduler() -> None:
    going = Event()
    pipeline = echo_pipeline(lambda _: going.set())
    service = Service(
        ScriptedSource(_endless(), live=True), pipeline, [], limits=Limits(max_fps=0.001)
    )
    thread, reports = _run_in_a_thread(service)
    assert going.wait(timeout=10)
    service.stop()
    thread.join(timeout=10)
    assert reports


def test_a_camera_that_does_not_return_cannot_hold_up_the_stop() -> None:
    hang = Hang()
    service = Service(ScriptedSource([frame(0), hang], live=True), echo_pipeline(), [ListSink()])
    thread, reports = _run_in_a_thread(service)
    assert hang.reached.wait(timeout=10)
    service.stop()
    thread.join(timeout=10)
    hang.let_go()
    assert reports[0].results == 1


def test_a_model_that_does_not_return_leaves_the_time_until_its_last_result() -> None:
    hang = Hang()
    pipeline = echo_pipeline(lambda seq: hang() if seq == 2 else None)
    service = Service(ScriptedSource(_endless(), live=True), pipeline, [ListSink()])
    thread, reports = _run_in_a_thread(service)
    assert hang.reached.wait(timeout=10)
    service.stop()
    thread.join(timeout=10)
    hang.let_go()
    assert reports[0].results >= 1
    assert reports[0].seconds >= 0


def test_a_sink_that_does_not_return_cannot_hold_up_the_stop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hang = Hang()

    class Stuck(ListSink):
        def send(self, message: Message) -> None:
            hang()
            super().send(message)

    service = Service(ScriptedSource(_endless(), live=True), echo_pipeline(), [Stuck()])
    thread, reports = _run_in_a_thread(service)
    assert hang.reached.wait(timeout=10)
    service.stop()
    thread.join(timeout=10)
    hang.let_go()
    assert reports[0].sinks[0].delivered == 0
    assert "sink list: did not end in time; left behind" in caplog.messages


def test_an_absent_sink_never_slows_the_engine() -> None:
    away, there = ListSink(), ListSink()
    away.refuse(10**9)
    service = Service(
        ScriptedSource(_endless(), live=True), echo_pipeline(), [away, there], frames=3000
    )
    thread, reports = _run_in_a_thread(service)
    away.refused.get(timeout=10)
    service.stop()
    thread.join(timeout=10)
    lost = next(sink for sink in reports[0].sinks if sink.reason)
    assert (lost.delivered, lost.dropped) == (0, reports[0].results)
    assert len(there.sent) == reports[0].results


def test_a_source_that_cannot_be_opened_is_raised() -> None:
    with pytest.raises(SourceError, match="no such device"):
        Service(AbsentSource([], live=True), echo_pipeline(), [ListSink()]).run()


def test_an_engine_that_gives_up_is_raised_after_the_sinks_have_ended() -> None:
    class Broken(EchoEngine):
        def run(self, tensor: Array) -> Sequence[Array]:
            if tensor.flat[0] == 3:
                raise EngineError("invoke failed: the device has gone")
            return super().run(tensor)

    sink = ListSink()
    with pytest.raises(EngineError, match="the device has gone"):
        Service(ScriptedSource(_endless()), echo_pipeline(engine=Broken()), [sink]).run()
    assert _seqs(sink) == [0, 1, 2]
    assert sink.closed == 1


def test_a_bug_in_a_rule_is_raised_as_it_is() -> None:
    class Buggy:
        def update(self, result: Result) -> Sequence[Happening]:
            raise ZeroDivisionError(result.frame.seq)

    with pytest.raises(ZeroDivisionError):
        Service(ScriptedSource([frame()]), echo_pipeline(), [ListSink()], rules=[Buggy()]).run()


class Keeper:
    """A rule with something to write at the end."""

    def __init__(self, error: Exception | None = None) -> None:
        self.seen = 0
        self.closed_at: list[int] = []
        self._error = error

    def update(self, result: Result) -> Sequence[Happening]:
        self.seen += 1
        if result.frame.seq == 2:
            self.closing()
        return ()

    def closing(self) -> None:
        """Something may fail here."""

    def close(self) -> None:
        self.closed_at.append(self.seen)
        if self._error:
            raise self._error


def test_a_rule_is_closed_once_after_its_last_result() -> None:
    rule = Keeper()
    Service(ScriptedSource(map(frame, range(4))), echo_pipeline(), [ListSink()], rules=[rule]).run()
    assert rule.closed_at == [4]


def test_rules_are_closed_when_another_fails_and_even_when_closing_does() -> None:
    class Buggy(Keeper):
        def closing(self) -> None:
            raise ZeroDivisionError

    rules = [Keeper(), Keeper(ValueError("no room")), Buggy()]
    source = ScriptedSource(map(frame, range(4)))
    with pytest.raises(ValueError, match="no room") as caught:
        Service(source, echo_pipeline(), [ListSink()], rules=rules).run()
    assert isinstance(caught.value.__context__, ZeroDivisionError)
    assert [rule.closed_at for rule in rules] == [[3], [3], [3]]


def test_events_of_the_rules_reach_the_sinks_behind_their_result() -> None:
    class Odd:
        def update(self, result: Result) -> Sequence[Happening]:
            odd = result.frame.seq % 2 == 1
            return [Happening("odd", "seen", result, {})] if odd else []

    sink = ListSink()
    Service(ScriptedSource(map(frame, range(4))), echo_pipeline(), [sink], rules=[Odd()]).run()
    kinds = [type(message).__name__ for message in sink.sent]
    assert kinds == ["Result", "Result", "Event", "Result", "Result", "Event"]


def test_when_nobody_reads_any_more_the_service_ends() -> None:
    class Head(ListSink):
        def send(self, message: Message) -> None:
            if len(self.sent) == 5:
                raise SinkClosed("list: nobody reads any more")
            super().send(message)

    sink = Head()
    report = Service(ScriptedSource(_endless(), live=True), echo_pipeline(), [sink]).run()
    assert len(sink.sent) == 5
    assert not report.stopped


def test_a_message_waits_without_its_pixels_unless_the_sink_wants_them() -> None:
    class Album(ListSink):
        wants_pixels = True

    plain, album = ListSink(), Album()
    Service(ScriptedSource([frame(5)]), echo_pipeline(), [plain, album]).run()
    sizes = [message.frame.pixels.size for message in (*plain.sent, *album.sent)]  # type: ignore[union-attr] # results
    assert sizes == [0, frame().pixels.size]
