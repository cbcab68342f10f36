"""A stranger's source gives what is no picture."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from edgeinfer.core.backoff import Backoff
from edgeinfer.errors import SourceError
from edgeinfer.runtime.capture import Capture
from edgeinfer.runtime.slot import LatestSlot
from tests.doubles import ScriptedSource, frame


class StrangeSource(ScriptedSource):
    """Live; gives anything, and then ends."""

    def __init__(self, *gives: Any) -> None:
        super().__init__([], live=True)
        self._gives = iter(gives)

    def read(self) -> Any:
        return next(self._gives, None)


def capture(source: StrangeSource) -> Capture:
    at_once = Backoff(first_s=0.0, longest_s=0.0)
    return Capture(source, LatestSlot(lossless=False), threading.Event(), backoff=at_once)


def bare(pixels: Any) -> Any:
    """A frame of a stranger's making."""
    made = frame(0)
    object.__setattr__(made, "pixels", pixels)
    return made


GARBAGE = {
    "gave str, which is no frame": "a picture",
    "gave ndarray, which is no frame": np.zeros((4, 6, 3), np.uint8),
    "gave Frame, which is no frame": bare(None),
    r"gave an array of uint8 \[0, 0, 3\]; a picture is uint8 \[height": bare(
        np.zeros((0, 0, 3), np.uint8)
    ),
    r"gave an array of uint8 \[4, 6\]; ": bare(np.zeros((4, 6), np.uint8)),
    r"gave an array of uint8 \[4, 6, 4\]; ": bare(np.zeros((4, 6, 4), np.uint8)),
    r"gave an array of float32 \[4, 6, 3\]; ": bare(np.zeros((4, 6, 3), np.float32)),
}


@pytest.mark.parametrize("words", GARBAGE)
def test_garbage_is_one_line_and_the_source_is_opened_again(
    words: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = StrangeSource(frame(0), GARBAGE[words], frame(1))
    taken = capture(source)
    taken()
    assert (taken.frames, source.opened, source.closed) == (2, 2, 2)
    assert caplog.records[0].message.endswith("; trying to reopen it")


@pytest.mark.parametrize("words", GARBAGE)
def test_garbage_from_the_first_is_an_error(words: str) -> None:
    source = StrangeSource(GARBAGE[words])
    with pytest.raises(SourceError, match=f"^double: {words}"):
        capture(source)()
    assert source.closed == 1
