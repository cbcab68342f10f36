from __future__ import annotations

from threading import Event

import pytest

from edgeinfer.errors import SinkError
from edgeinfer.sinks.link import Link, attempt


class Line:
    """A connection whose fate is decided by the test: `cut` ends it."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.cut = Event()
        self.left = False
        self.closed = Event()

    def open(self) -> None:
        if self.refusal:
            raise SinkError(self.refusal)

    def run(self) -> None:
        assert self.cut.wait(20)
        if not self.left:
            raise SinkError("line: cut")

    def leave(self) -> None:
        self.left = True
        self.cut.set()

    def close(self) -> None:
        self.closed.set()


def test_what_is_up_is_given_and_left_in_good_order() -> None:
    line = Line()
    with Link("line", lambda _: line) as link:
        assert link.connection is line
    assert line.left
    assert line.closed.is_set()


def test_the_reason_of_the_last_try_is_told() -> None:
    line = Line("line: engaged")
    with Link("line", lambda _: line) as link:
        assert line.closed.wait(20)
        with pytest.raises(SinkError, match="line: engaged"):
            _ = link.connection


def test_what_was_lost_is_closed_and_followed_by_a_new_one() -> None:
    lines = [Line(), Line()]
    coming = iter(lines)
    with Link("line", lambda _: next(coming)) as link:
        assert link.connection is lines[0]
        lines[0].cut.set()
        assert lines[0].closed.wait(20)
        while (found := reached(link)) is None:
            pass
        assert found is lines[1]


def reached(link: Link[Line]) -> Line | None:
    try:
        return link.connection
    except SinkError as error:
        assert str(error) == "line: cut"  # noqa: PT017 - it is one way of several
        return None


def test_an_attempt_closes_what_it_opened_and_tells_why_it_could_not() -> None:
    good, bad = Line(), Line("line: engaged")
    attempt(good, "line")
    assert good.closed.is_set()
    with pytest.raises(SinkError, match="line: engaged"):
        attempt(bad, "line")
    assert bad.closed.is_set()
