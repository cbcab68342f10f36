"""The threads that questions are asked in: a test that makes one hang waits until it has ended."""

from __future__ import annotations

import threading

from edgeinfer.tools.deadline import THREAD

DEADLINE_S = 20.0


def wait_for_questions() -> None:
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(DEADLINE_S)
            assert not thread.is_alive()
