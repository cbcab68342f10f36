"""Pause, restart and snapshot, asked of a service while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from threading import Condition, Thread
from typing import Any, Self

import pytest

from edgeinfer.core.contracts import Rule
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Event, Health, Message, Result, State
from edgeinfer.runtime.controls import Controls
from edgeinfer.runtime.report import Report
from edgeinfer.runtime.service import Service
from tests.doubles import ListSink, ScriptedSource, echo_pipeline, frame

DEADLINE_S = 20.0


class RemoteSink(ListSink):
    """Takes commands, and says when something has arrived."""

    wants = (Result, Event, Health, State)

    def __init__(self) -> None:
        super().__init__()
        self.on_command: Callable[[str, str], None] = lambda *_: None
        self._changed = Condition()

    def send(self, message: Message) -> None:
        with self._changed:
            self.sent.append(message)
            self._changed.notify_all()

    def wait_for(self, question: Callable[[list[Message]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: question(self.sent), DEADLINE_S), self.sent


class Running:
    """A service on an endless live source, in a thread."""

    def __init__(self, *rules: Rule) -> None:
        self.sink = RemoteSink()
        self.frames = 0
        source = ScriptedSource(self._endless(), live=True)
        self.service = Service(source, echo_pipeline(), [self.sink], rules=rules)
        self.reports: list[Report] = []
        self._pace = Condition()
        self._thread = Thread(target=lambda: self.reports.append(self.service.run()))

    def __enter__(self) -> Self:
        self._thread.start()
        self.sink.wait_for(lambda sent: any(isinstance(m, Result) for m in sent))
        return self

    def __exit__(self, *_: object) -> None:
        self.service.stop()
        self.ended()

    def ended(self) -> None:
        self._thread.join(DEADLINE_S)
        assert not self._thread.is_alive()

    def ask(self, command: str, word: str) -> None:
        self.sink.on_command(command, word)

    def wait_for_health(self, *, paused: bool) -> None:
        self.sink.wait_for(lambda sent: _paused(sent) == paused)

    def wait_for_frames(self, more: int) -> None:
        enough = self.frames + more
        with self._pace:
            assert self._pace.wait_for(lambda: self.frames >= enough, DEADLINE_S)

    def _endless(self) -> Iterator[Frame | Callable[[], object]]:
        for seq in count():
            yield self._count
            yield frame(seq)

    def _count(self) -> None:
        with self._pace:
            self.frames += 1
            self._pace.notify_all()
            self._pace.wait(0.01)  # a camera's pace


def _paused(sent: list[Message]) -> bool | None:
    told = [message.facts["paused"] for message in sent if isinstance(message, Health)]
    return told[-1] if told else None


def results(sink: RemoteSink) -> int:
    return sum(isinstance(message, Result) for message in sink.sent)


def events(sent: Sequence[Message], kind: str) -> list[Event]:
    return [message for message in sent if isinstance(message, Event) and message.kind == kind]


def test_a_pause_leaves_frames_alone_and_says_so_at_once() -> None:
    with Running() as running:
        running.ask("pause", "ON")
        running.wait_for_health(paused=True)
        before = results(running.sink)
        running.wait_for_frames(50)
        assert results(running.sink) - before <= 1  # one was in work
        running.ask("pause", "OFF")
        running.wait_for_health(paused=False)
        running.sink.wait_for(lambda _: results(running.sink) > before + 3)


def test_a_snapshot_is_an_event_of_the_next_result_and_a_pause_lets_one_through() -> None:
    with Running() as running:
        running.ask("pause", "ON")
        running.wait_for_health(paused=True)
        running.ask("snapshot", "PRESS")
        running.sink.wait_for(lambda sent: bool(events(sent, "asked")))
        (asked,) = events(running.sink.sent, "asked")
        assert (asked.rule, asked.facts) == ("snapshot", {})
        assert results(running.sink) >= 1


def test_a_restart_ends_it_in_good_order_and_wants_it_again() -> None:
    with Running() as running:
        running.ask("restart", "PRESS")
        running.ended()
        assert running.service.again
        assert running.reports[0].stopped


def test_a_stop_wants_no_other_run() -> None:
    with Running() as running:
        running.service.stop()
        running.ended()
        assert not running.service.again


@pytest.mark.parametrize("command", [("pause", "PRESS"), ("restart", "ON"), ("reboot", "PRESS")])
def test_what_is_no_command_is_left_alone(command: tuple[str, str]) -> None:
    restarts: list[None] = []
    controls = Controls(lambda: restarts.append(None))
    controls(*command)
    assert (controls.paused, controls.take_snapshot(), restarts) == (False, False, [])


class Blinker:
    """Is on for three results, and off for three."""

    name = "blinker"
    shows: Mapping[str, Any] = {}
    kinds = ()

    def __init__(self) -> None:
        self._seen = 0

    @property
    def state(self) -> Mapping[str, Any]:
        return {"on": self._seen // 3 % 2 == 1}

    def update(self, result: Result) -> Sequence[Event]:
        self._seen += 1
        return ()


def test_the_state_of_a_rule_is_told_at_the_start_and_when_it_changes() -> None:
    sink = RemoteSink()
    source = ScriptedSource([frame(n) for n in range(6)])
    Service(source, echo_pipeline(), [sink], rules=[Blinker()]).run()
    told = [message for message in sink.sent if isinstance(message, State)]
    assert told[-1] == State("blinker", 5, {"on": False})
    assert [state.facts["on"] for state in told] in ([False, True, False], [True, False], [False])
