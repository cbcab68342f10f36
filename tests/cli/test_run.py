"""The main job on real input, and how a run ends."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import Mosquitto, listening
from tests.cli.running import SMALL, SSD, Edgeinfer


def _rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def _frames_of_the_train(clips: Path) -> tuple[int, int]:
    truth = json.loads((clips / "truth.json").read_text())["train_day.mp4"]
    passage = truth["passages"][0]
    return passage["first_frame"], passage["last_frame"]


# The main job.


@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls and password"])
def test_the_train_is_seen_alike_in_the_file_and_at_the_broker(
    secured: bool, edgeinfer: Edgeinfer, clips: Path, tmp_path: Path
) -> None:
    users = {"porch": "secret word"} if secured else None
    with (
        Mosquitto(tmp_path, users, tls=secured) as broker,
        _hearing(broker, users) as listener,
    ):
        sinks = _sinks(edgeinfer, broker, secured=secured)
        done = edgeinfer("--source", clips / "train_day.mp4", "--model", SSD, *sinks)
        assert done.returncode == 0, done.stderr
        listener.wait_for(lambda seen: bool(seen) and seen[-1].payload == "offline")
    heard = [message for message in listener.messages if message.topic.endswith("/result")]
    rows = _rows((tmp_path / "out.jsonl").read_text())
    assert [json.loads(message.payload) for message in heard] == rows
    _check_rows(rows, clips)


def _check_rows(rows: list[dict[str, Any]], clips: Path) -> None:
    first, last = _frames_of_the_train(clips)
    assert [row["seq"] for row in rows] == list(range(183))
    assert {row["model"] for row in rows} == {SSD}
    trains = {
        row["seq"] for row in rows if any(found["label"] == "train" for found in row["findings"])
    }
    assert all(first <= seq <= last for seq in trains), "none before or after the train"
    assert len(trains) > (last - first + 1) / 2, "in most frames between"


def _hearing(broker: Mosquitto, users: dict[str, str] | None) -> Any:
    user, password = next(iter(users.items())) if users else (None, None)
    return listening(broker, "edgeinfer/#", user, password)


def _sinks(edgeinfer: Edgeinfer, broker: Mosquitto, *, secured: bool) -> list[str]:
    """In one word each, or for TLS and a password by a configuration."""
    if not secured:
        return ["--sink", "jsonl:out.jsonl", "--sink", broker.uri]
    assert broker.certificates
    (edgeinfer.folder / "password").write_text("secret word\n")
    (edgeinfer.folder / "edgeinfer.toml").write_text(
        '[[sink]]\ntype = "jsonl"\npath = "out.jsonl"\n'
        f'[[sink]]\ntype = "mqtt"\nuri = "{broker.uri}"\nuser = "porch"\n'
        f'password_file = "password"\nca = "{broker.certificates.ca}"\n'
    )
    return ["-c", "edgeinfer.toml"]


def test_a_second_run_finds_the_same(edgeinfer: Edgeinfer, clips: Path) -> None:
    words = ("--source", clips / "train_day.mp4", "--model", SSD, "--frames", 60, "--threads", 1)
    first, second = (_rows(edgeinfer(*words).stdout) for _ in range(2))
    assert len(first) == 60
    assert [row["findings"] for row in first] == [row["findings"] for row in second]


def test_without_a_sink_the_results_stand_on_standard_output(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "synthetic:signs", "--model", SMALL, "--frames", 3)
    assert [row["seq"] for row in _rows(done.stdout)] == sorted(
        row["seq"] for row in _rows(done.stdout)
    )
    assert len(_rows(done.stdout)) == 3
    assert "3 results" in done.stderr


def test_json_prints_the_report_of_the_run_as_one_document(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "synthetic:signs", "--model", SMALL, "--frames", 3, "--json")
    report = json.loads(done.stdout)
    assert (report["results"], report["stopped"], report["sinks"]) == (3, False, [])


def test_a_folder_of_pictures_is_classified(edgeinfer: Edgeinfer, images: Path) -> None:
    done = edgeinfer("--source", images, "--model", "mobilenet_v2_1.0_224")
    found = {row["source"] + str(row["seq"]): row["findings"] for row in _rows(done.stdout)}
    assert len(found) == len(list(images.iterdir()))
    assert any("cat" in finding["label"] for row in found.values() for finding in row)


def test_what_is_given_on_the_command_line_wins_over_the_file(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "edgeinfer.toml").write_text(
        f'[source]\ntype = "v4l2"\n[model]\nname = "{SSD}"\n[limits]\nmax_fps = 1000\n'
        '[[sink]]\ntype = "jsonl"\npath = "unused.jsonl"\n'
    )
    words = ("--source", "synthetic", "--model", SMALL, "--sink", "jsonl:-", "--frames", 2)
    done = edgeinfer("-c", "edgeinfer.toml", *words)
    assert {row["model"] for row in _rows(done.stdout)} == {SMALL}
    assert not (edgeinfer.folder / "unused.jsonl").exists()


def test_a_model_on_the_command_line_takes_the_place_of_the_ladder(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "edgeinfer.toml").write_text(
        '[model]\nladder = ["absent.tflite", "gone.tflite"]\n'
        '[source]\ntype = "synthetic"\nframes = 2\n'
    )
    done = edgeinfer("-c", "edgeinfer.toml", "--model", SMALL)
    assert [row["model"] for row in _rows(done.stdout)] == [SMALL, SMALL]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_everything_taken_in_delivered(
    number: signal.Signals, edgeinfer: Edgeinfer
) -> None:
    with edgeinfer.going("--source", "synthetic:signs", "--model", SMALL) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.send_signal(number)
        rest, errors = process.communicate(timeout=30)
    rows = _rows(first + rest)
    assert process.returncode == 0, errors
    assert f"edgeinfer: {len(rows)} results" in errors
    assert f"jsonl:-: {len(rows)} delivered" in errors


def test_a_stream_that_never_answers_does_not_hold_up_the_end(edgeinfer: Edgeinfer) -> None:
    """The capture thread hangs in FFmpeg, which aborts a process that is torn down around it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with edgeinfer.going("--source", uri, "--model", SMALL) as process:
            connection, _ = silent.accept()
            process.terminate()
            _, errors = process.communicate(timeout=9)  # FFmpeg itself would wait for 10 s
            connection.close()
    assert process.returncode == 0, errors
    assert "0 results from 0 frames" in errors
    assert "terminate called" not in errors


def test_a_reader_that_leaves_ends_it_quietly(edgeinfer: Edgeinfer) -> None:
    with edgeinfer.going("--source", "synthetic:signs", "--model", SMALL) as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_systemd_hears_ready_after_the_first_result_and_that_it_lives(
    edgeinfer: Edgeinfer, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        edgeinfer.environment["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        edgeinfer.environment["WATCHDOG_USEC"] = "200000"
        with edgeinfer.going("--source", "synthetic:signs", "--model", SMALL) as process:
            heard = [systemd.recv(1000).decode() for _ in range(3)]
            process.terminate()
            while not heard[-1].startswith("STOPPING=1"):
                heard.append(systemd.recv(1000).decode())
            process.communicate(timeout=30)
    assert heard[0] == "READY=1"
    assert all(re.match(r"WATCHDOG=1\nSTATUS=[1-9]\d* results", said) for said in heard[1:-1])
