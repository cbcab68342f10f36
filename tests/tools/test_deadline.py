from __future__ import annotations

from threading import Event

import pytest

from edgeinfer.tools.deadline import within
from tests.tools.questions import wait_for_questions


def test_an_answer_in_time_is_given() -> None:
    assert within(20, lambda: 42) == 42


def test_what_the_question_raises_is_raised() -> None:
    def broken() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        within(20, broken)


def test_a_question_that_hangs_is_left_alone() -> None:
    done = Event()
    with pytest.raises(TimeoutError):
        within(0.01, done.wait)
    done.set()
    wait_for_questions()
