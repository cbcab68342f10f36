"""`edgeinfer demo` as a process of its own, as a person runs it, and with the network cut off."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.brokers import Mosquitto, listening

# Nothing but the loopback, as on a machine without a cable.
_CUT_OFF = ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def start(folder: Path, *words: object, before: list[str] | None = None) -> subprocess.Popen[str]:
    empty = folder / "no-models"
    empty.mkdir()
    return subprocess.Popen(
        [*(before or []), sys.executable, "-m", "edgeinfer", "demo", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "EDGEINFER_MODELS": str(empty)},
    )


def until(process: subprocess.Popen[str], words: str) -> None:
    """Reads its lines until one says that; then Ctrl-C."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            process.send_signal(signal.SIGINT)
            return
    raise AssertionError(lines)


def test_a_train_is_told_in_words_and_to_the_broker_on_this_machine(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    with (
        listening(mosquitto, "edgeinfer/demo/event/#") as listener,
        start(tmp_path, "--broker", mosquitto.uri) as process,
    ):
        until(process, "train comes")
        message = json.loads(listener.wait_for(1)[0].payload)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert (message["rule"], message["kind"]) == ("train", "started")
    assert f"mosquitto_sub -L '{mosquitto.uri}/edgeinfer/demo/event/#'" in told
    assert "results from" in told


def test_with_the_network_cut_off_a_broker_of_its_own_takes_the_events(tmp_path: Path) -> None:
    if shutil.which("ip") is None or subprocess.run([*_CUT_OFF, "true"], check=False).returncode:
        pytest.skip("no network namespaces here: run as root, with iproute2")
    with start(tmp_path, "--scene", "parking", before=_CUT_OFF) as process:
        until(process, "is occupied")
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert "an embedded one does" in told
    assert "edgeinfer: mqtt://127.0.0.1:1883: " in told
    assert "not delivered" not in told


def test_it_ends_by_itself_with_a_report(tmp_path: Path, mosquitto: Mosquitto) -> None:
    pictures = tmp_path / "pictures"
    words = ("--scene", "parking", "--seconds", 6, "--broker", mosquitto.uri, "--json")
    with start(tmp_path, *words, "--pictures", pictures) as process:
        said, told = process.communicate(timeout=100)
    assert process.returncode == 0, told
    assert json.loads(said)["results"] > 0
    assert list(pictures.glob("*.jpg"))


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--scene", "airport"), "railway"),
        (("--seconds", "0"), "seconds"),
        (("--broker", "localhost"), "mqtt://"),
    ],
)
def test_wrong_words_are_refused_in_one_line(
    tmp_path: Path, words: tuple[str, ...], hint: str
) -> None:
    with start(tmp_path, *words) as process:
        said, told = process.communicate(timeout=60)
    assert (process.returncode, said) == (2, "")
    assert hint in told
    assert told.count("\n") == 1, told
