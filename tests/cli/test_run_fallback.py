"""What one start of `edgeinfer run` leaves for the next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeinfer import last_run
from tests.cli.running import SMALL, Edgeinfer


@pytest.fixture
def board(edgeinfer: Edgeinfer, tmp_path: Path) -> Edgeinfer:
    """With a state directory of its own."""
    edgeinfer.environment["EDGEINFER_STATE"] = str(tmp_path / "own")
    return edgeinfer


def test_after_three_failures_of_an_accelerator_the_cpu_does_its_work(board: Edgeinfer) -> None:
    """Without the library of the Edge TPU; four starts of a second each."""
    words = ("--source", "synthetic", "--frames", 3, "--model", f"{SMALL}_edgetpu")
    missing = "--delegate", "libnothing.so"
    for _ in range(3):
        done = board(*words, *missing)
        assert (done.returncode, done.stdout) == (1, "")
        assert "delegate libnothing.so: cannot be loaded" in done.stderr
    done = board(*words, *missing)
    assert done.returncode == 0, done.stderr
    assert "delegate libnothing.so failed 3 times" in done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert {message["model"] for message in messages} == {SMALL}
    (event,) = [message for message in messages if message["type"] == "event"]
    assert (event["rule"], event["kind"]) == ("engine", "fallback")


def test_a_run_leaves_a_record_of_its_end(board: Edgeinfer, tmp_path: Path) -> None:
    board("--source", "/dev/video97", "--model", SMALL)
    found = last_run.read(tmp_path / "own")
    assert found
    assert (found.ending, found.in_good_order) == ("error", False)
    assert found.reason.startswith("/dev/video97: no such device")
    board("--source", "synthetic", "--frames", 3, "--model", SMALL)
    found = last_run.read(tmp_path / "own")
    assert found
    assert (found.ending, found.record["counters"]["results"]) == ("finished", 3)
    assert found.before
    assert found.before.ending == "error"
