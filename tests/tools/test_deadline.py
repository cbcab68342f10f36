from __future__ import annotations

import subprocess
import sys
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


PROGRAM = """
import atexit
from threading import Event
from edgeinfer.tools.deadline import leave, within

atexit.register(print, "tidied up")
try:
    within({limit_s}, lambda: {question})
except TimeoutError:
    print("no answer")
leave(1)
"""


@pytest.mark.parametrize(
    ("limit_s", "question", "said"),
    [(0.01, "Event().wait()", "no answer\n"), (20, "42", "tidied up\n")],
)
def test_the_process_ends_at_once_where_a_question_hangs(
    limit_s: float, question: str, said: str
) -> None:
    words = [sys.executable, "-c", PROGRAM.format(limit_s=limit_s, question=question)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, said, "")
