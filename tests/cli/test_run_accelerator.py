"""`edgeinfer run` on an accelerator that fails: the whole way to the CPU, and back.

In an Edge TPU's place is tests/engines/delegates/edgetpu.c, which takes the same compiled models.
Its device is a file: plugged in while it is there, and what it says is how it fails. A test is what
systemd is otherwise: it starts the next run when one has ended.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edgeinfer import last_run
from tests.brokers import Mosquitto, listening
from tests.cli.running import SMALL, Edgeinfer, refused
from tests.engines.delegates import compiled

COMPILED = f"{SMALL}_edgetpu"
Messages = list[dict[str, Any]]


class Board:
    """A device, a service that uses it, and a state directory.

    After `runs`: its `status`, what it `said`, and the `engine` of its newest health.
    """

    def __init__(self, edgeinfer: Edgeinfer, broker: Mosquitto, folder: Path) -> None:
        self._broker = broker
        self.state = folder / "own"
        self.library = compiled("edgetpu", folder)
        self._edgeinfer = edgeinfer
        self._device = folder / "coral"
        self._file = folder / "edgeinfer.toml"
        edgeinfer.environment["EDGEINFER_STATE"] = str(self.state)
        edgeinfer.environment.pop("NOTIFY_SOCKET", None)
        self.configure('type = "synthetic"\nfps = 30')
        self.plug_in()

    def configure(self, source: str, invoke_limit_s: float = 1) -> None:
        self._file.write_text(
            f"[source]\n{source}\n"
            f'[model]\nname = "{COMPILED}"\ndelegate = "{self.library}"\n'
            f"invoke_limit_s = {invoke_limit_s}\nmin_score = 0.0\n"
            f'[model.delegate_options]\ndevice = "{self._device}"\n'
            '[[sink]]\ntype = "jsonl"\npath = "-"\n'
            f'[[sink]]\ntype = "mqtt"\nuri = "{self._broker.uri}"\n'
        )

    def plug_in(self, way: str = "") -> None:
        self._device.write_text(way)

    def unplug(self) -> None:
        self._device.unlink()

    def supervised(self) -> None:
        """From now on somebody starts the next run, as systemd does."""
        self._edgeinfer.environment["NOTIFY_SOCKET"] = str(self.state / "nobody")

    def ends(self) -> tuple[subprocess.CompletedProcess[str], Messages]:
        """A run that ends by itself."""
        done = self._edgeinfer("-c", self._file)
        return done, [json.loads(line) for line in done.stdout.splitlines()]

    def runs(self, then: Callable[[subprocess.Popen[str]], object]) -> Messages:
        """All that an endless run says; `then` comes after three results and the first health."""
        with (
            listening(self._broker, "edgeinfer/+/health") as health,
            self._edgeinfer.going("-c", self._file) as process,
        ):
            assert process.stdout
            assert process.stderr
            messages = list(_until_results(3, process.stdout))
            health.wait_for(1)
            then(process)
            messages += map(json.loads, process.stdout)
            self.status = process.wait(60)
            self.said = process.stderr.read()
            self.engine = json.loads(health.messages[-1].payload)["engine"]
        return messages

    def pause_left(self, seconds: float) -> None:
        """As though the rest of the minute had passed for which the delegate is left alone."""
        path = self.state / "delegate.json"
        kept = json.loads(path.read_text())
        path.write_text(json.dumps({**kept, "last_s": time.time() - 60 + seconds}))

    def failures(self) -> int:
        return int(json.loads((self.state / "delegate.json").read_text())["count"])


def _until_results(number: int, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        message = json.loads(line)
        yield message
        number -= message["type"] == "result"
        if number == 0:
            return


@pytest.fixture
def board(edgeinfer: Edgeinfer, mosquitto: Mosquitto, tmp_path: Path) -> Board:
    return Board(edgeinfer, mosquitto, tmp_path)


def terminate(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)


def results(messages: Messages) -> Messages:
    return [message for message in messages if message["type"] == "result"]


def events(messages: Messages) -> dict[tuple[str, str], dict[str, Any]]:
    return {(m["rule"], m["kind"]): m["facts"] for m in messages if m["type"] == "event"}


def models(messages: Iterable[dict[str, Any]]) -> set[str]:
    return {message["model"] for message in messages}


def test_the_pictures_reach_the_accelerator_and_its_answers_leave(
    board: Board, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for red in (0, 1, 208):
        cv2.imwrite(str(pictures / f"{red:03}.png"), np.full((90, 120, 3), (9, 9, red), np.uint8))
    board.configure(f'type = "folder"\npath = "{pictures}"')
    done, messages = board.ends()
    assert (done.returncode, models(results(messages))) == (0, {COMPILED}), done.stderr
    best = [message["findings"][0]["label"] for message in results(messages)]
    assert best == ["background", "tench, Tinca tinca", "golden retriever"]


def test_a_device_that_is_unplugged_ends_the_service_which_says_so(board: Board) -> None:
    messages = board.runs(lambda _: board.unplug())
    assert (board.status, board.engine) == (1, {"on": "delegate"})
    assert models(results(messages)) == {COMPILED}
    assert board.said.splitlines()[-1].startswith(
        f"edgeinfer: delegate {board.library}: invoke failed: the device was unplugged, "
    )
    assert board.failures() == 1
    done, messages = board.ends()
    refused(done, 1, f"delegate {board.library}: refused to start: no device; .* take --model ")
    found = last_run.read(board.state)
    assert found
    assert (found.ending, board.failures()) == ("error", 2)


def test_a_device_that_does_not_take_the_model_is_a_strike(board: Board) -> None:
    board.plug_in("unfit=compiled for version 14")
    done, _ = board.ends()
    refused(done, 1, f"delegate {board.library}: does not take .*: compiled for version 14")
    assert board.failures() == 1


def test_a_run_that_hangs_in_the_driver_does_not_hold_up_the_stop(board: Board) -> None:
    board.configure('type = "synthetic"\nfps = 30', invoke_limit_s=3600)
    board.plug_in("hang_at=4")
    messages = board.runs(terminate)
    assert board.status == 0, board.said
    assert len(results(messages)) == 3
    assert "infer: did not end in time; left behind" in board.said
    found = last_run.read(board.state)
    assert found
    assert found.in_good_order


@pytest.mark.timeout(300)  # seven starts, and the rest of a pause
def test_three_failures_lead_to_the_cpu_and_a_device_that_works_again_back(board: Board) -> None:
    """Hangs, crashes and is unplugged, each in a real run; then the CPU; then the device again."""
    board.plug_in("hang_at=4")
    done, messages = board.ends()
    hangs = f"model {COMPILED}: one run has not ended within 1 s; "
    assert (done.returncode, len(results(messages))) == (1, 3)
    assert done.stderr.splitlines()[-1].startswith(f"edgeinfer: {hangs}")

    board.plug_in("crash_at=3")
    done, messages = board.ends()
    assert (done.returncode, len(results(messages))) == (-signal.SIGSEGV, 2)
    assert events(messages)["service", "restarted"]["reason"].startswith(hangs)
    assert board.failures() == 1, "that crash is not counted before the next start"

    board.unplug()
    done, _ = board.ends()
    alone, why = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert alone == f"edgeinfer: delegate {board.library}: is left alone for 60 s"
    assert why.startswith(f"edgeinfer: delegate {board.library}: refused to start: no device; ")

    board.supervised()
    board.pause_left(15)
    messages = board.runs(lambda _: board.plug_in())
    assert (board.status, models(results(messages))) == (0, {SMALL}), board.said
    assert f"delegate {board.library} failed 3 times: " in board.said
    assert (board.engine["on"], board.engine["failures"]) == ("cpu", 3)
    fallback = events(messages)["engine", "fallback"]
    assert (fallback["delegate"], fallback["failures"]) == (board.library, 3)
    assert ": no device; " in fallback["reason"]
    assert fallback["model"] == SMALL
    assert events(messages)["service", "restarted"]["ending"] == "error"
    found = last_run.read(board.state)
    assert found
    assert found.reason == "the accelerator works again, and the next start takes it"

    messages = board.runs(terminate)
    assert (board.status, models(results(messages))) == (0, {COMPILED}), board.said
    assert board.engine["on"] == "delegate"
    assert board.engine["failures"] == 3, "ten minutes of results clear them"
    assert ("service", "restarted") not in events(messages)
