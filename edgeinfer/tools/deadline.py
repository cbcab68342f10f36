"""Deadline: an answer in time, or none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
THREAD = "edgeinfer question"
"""The name of the threads that questions are asked in."""


def within(limit_s: float, question: Callable[[], T]) -> T:
    """The answer; what the question raises is raised here.

    It is asked in a daemon thread: one that is stuck in a driver must not keep the process alive.

    Raises: TimeoutError: no answer within `limit_s`.
    """
    future: Future[T] = Future()

    def ask() -> None:
        try:
            future.set_result(question())
        except Exception as error:  # noqa: BLE001 - raised again by future.result
            future.set_exception(error)

    threading.Thread(target=ask, name=THREAD, daemon=True).start()
    return future.result(limit_s)
