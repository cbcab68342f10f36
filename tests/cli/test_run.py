"""`edgeinfer run` as a person runs it: a process of its own, real models, clips and brokers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import Listener, Mosquitto, listening

SSD = "coco_ssd_mobilenet_v1"
SMALL = "mobilenet_v1_0.25_128"


class Edgeinfer:
    """Runs the command where `models` holds the weights."""

    def __init__(self, models: Path, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "EDGEINFER_MODELS": str(models),
            "STATE_DIRECTORY": str(folder / "state"),
        }

    def __call__(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(words),
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.folder,
            timeout=100,
            check=False,
        )

    @contextmanager
    def going(self, *words: object) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            self._command(words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=self.folder,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def _command(self, words: tuple[object, ...]) -> list[str]:
        return [sys.executable, "-m", "edgeinfer", "run", *map(str, words)]


@pytest.fixture
def edgeinfer(models: Path, tmp_path: Path) -> Edgeinfer:
    return Edgeinfer(models, tmp_path)


def _rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def _refused(done: subprocess.CompletedProcess[str], status: int, words: str) -> None:
    """It ended with that status and one line on standard error, nothing on standard output."""
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert re.match(f"edgeinfer: .*{words}", done.stderr), done.stderr


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


# Sources that cannot be read.


def test_no_such_clip(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "absent.mp4", "--model", SMALL)
    _refused(done, 1, "absent.mp4: no such file")


def test_no_such_device(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "/dev/video97", "--model", SMALL)
    _refused(done, 1, "/dev/video97: no such (device|camera)")


def test_an_empty_clip(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "empty.mp4").touch()
    _refused(edgeinfer("--source", "empty.mp4", "--model", SMALL), 1, "empty.mp4: ")


def test_a_text_that_is_called_a_clip(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "words.mp4").write_text("no pictures here")
    _refused(edgeinfer("--source", "words.mp4", "--model", SMALL), 1, "words.mp4: ")


# Models that do not fit.


def _model_is_refused(edgeinfer: Edgeinfer, words: str, *more: object) -> None:
    done = edgeinfer("--source", "synthetic", "--model", "./x.tflite", *more)
    _refused(done, 1, words)


def test_a_text_that_is_called_a_model(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "x.tflite").write_text("no model here")
    _model_is_refused(edgeinfer, "x.tflite: not a TFLite model")


def test_a_truncated_model(edgeinfer: Edgeinfer, models: Path) -> None:
    data = (models / "mobilenet_v1_0.25_128_quant.tflite").read_bytes()
    (edgeinfer.folder / "x.tflite").write_bytes(data[:200_000])
    _model_is_refused(edgeinfer, "x.tflite: not a TFLite model")


@pytest.fixture
def detector(edgeinfer: Edgeinfer, models: Path) -> Path:
    path = edgeinfer.folder / "x.tflite"
    shutil.copy(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite", path)
    return path


@pytest.mark.usefixtures("detector")
def test_a_model_with_no_card_and_no_labels(edgeinfer: Edgeinfer) -> None:
    _model_is_refused(edgeinfer, "x.tflite: no card and no labels; give --labels FILE")


@pytest.mark.usefixtures("detector")
def test_labels_that_do_not_fit(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "few.txt").write_text("cat\ndog\n")
    _model_is_refused(
        edgeinfer, "few.txt: 90 scores but 2 labels; .*another model", "--labels", "few.txt"
    )


@pytest.mark.usefixtures("detector")
def test_no_such_labels(edgeinfer: Edgeinfer) -> None:
    _model_is_refused(edgeinfer, "none.txt: No such file", "--labels", "none.txt")


def test_a_card_whose_roles_do_not_fit_the_tensors(edgeinfer: Edgeinfer, detector: Path) -> None:
    detector.with_suffix(".toml").write_text(
        'task = "detection"\nlabels = "words.txt"\n[decoder]\ntype = "ssd"\n'
        "[roles]\nboxes = 3\nclasses = 1\nscores = 2\ncount = 0\n"
    )
    (edgeinfer.folder / "words.txt").write_text("thing\n" * 90)
    _model_is_refused(edgeinfer, "boxes")


# Words that are wrong.


def test_an_unknown_key_plugin_and_value_are_told_together(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "edgeinfer.toml").write_text(
        '[source]\ntype = "v4l3"\n[model]\nnam = "x"\nname = "y"\n[limits]\nmax_fps = 0\n'
    )
    done = edgeinfer("-c", "edgeinfer.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert sorted(line.split(";")[0] for line in done.stderr.splitlines()) == [
        "edgeinfer: limits.max_fps: 0 should be greater than 0",
        "edgeinfer: model.nam: unknown",
        "edgeinfer: source.type: source 'v4l3': unknown",
    ]


def test_an_unknown_menu_name(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "synthetic", "--model", "coco_ssd_mobilnet_v1")
    _refused(done, 2, f"not on the menu; did you mean {SSD}?")


def test_an_unknown_sink(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "synthetic", "--model", SMALL, "--sink", "mqqt://x")
    _refused(done, 2, "sink 'mqqt': unknown; did you mean 'mqtt'?")


def test_an_unknown_scene(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "synthetic:mars", "--model", SMALL)
    _refused(done, 2, "source.scene: 'mars' should be 'signs'")


def test_no_source_and_no_model(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer()
    assert done.returncode == 2
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [
        "edgeinfer: model: missing",
        "edgeinfer: source: missing",
    ]


def test_no_such_configuration(edgeinfer: Edgeinfer) -> None:
    _refused(edgeinfer("-c", "absent.toml"), 2, "absent.toml: No such file")


def test_the_report_and_the_results_do_not_share_standard_output(edgeinfer: Edgeinfer) -> None:
    words = ("--source", "synthetic", "--model", SMALL, "--json", "--sink", "jsonl:-")
    _refused(edgeinfer(*words), 2, "choose one")


# Sinks that are away.


def _undelivered(
    edgeinfer: Edgeinfer, sink: object, reason: str, *words: object
) -> subprocess.CompletedProcess[str]:
    """A clip is processed whole, and it is said once why its results could not leave."""
    source = ("--source", "synthetic", "--model", SMALL, "--frames", 5)
    done = edgeinfer(*source, *(("--sink", sink) if sink else ()), *words)
    assert done.returncode == 1, done.stderr
    assert "5 results" in done.stderr
    assert re.search(f"0 delivered, 5 not delivered: .*{reason}", done.stderr), done.stderr
    warnings = [line for line in done.stderr.splitlines() if "messages wait" in line]
    assert len(warnings) == 1
    assert re.search(reason, warnings[0])
    assert "Traceback" not in done.stderr
    return done


def test_a_broker_that_is_absent(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    port = Mosquitto(tmp_path).port
    _undelivered(edgeinfer, f"mqtt://127.0.0.1:{port}", "[Cc]onnection refused")


def test_a_broker_that_refuses(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    with Mosquitto(tmp_path, {"porch": "right"}) as broker:
        (tmp_path / "password").write_text("a wrong one")
        (tmp_path / "edgeinfer.toml").write_text(
            f'[[sink]]\ntype = "mqtt"\nuri = "{broker.uri}"\nuser = "porch"\n'
            'password_file = "password"\n'
        )
        done = _undelivered(edgeinfer, None, "[Nn]ot authori[sz]ed", "-c", "edgeinfer.toml")
    assert "a wrong one" not in done.stderr


def test_a_broker_with_an_unknown_certificate(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    with Mosquitto(tmp_path, tls=True) as broker:
        _undelivered(edgeinfer, broker.uri, "certificate verify failed")


def test_a_full_disk(edgeinfer: Edgeinfer) -> None:
    _undelivered(edgeinfer, "jsonl:/dev/full", "[Nn]o space left on device")


def _results(listener: Listener) -> int:
    return sum(message.topic.endswith("/result") for message in listener.messages)


def test_a_broker_that_vanishes_for_a_while(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    """Results resume; what was made meanwhile is delivered late or counted as lost."""
    broker = Mosquitto(tmp_path)
    with broker, listening(broker, "edgeinfer/+/result") as before:
        words = ("--source", "synthetic", "--model", SMALL, "--sink", broker.uri, "--json")
        with edgeinfer.going(*words) as process:
            assert process.stderr
            before.wait_for(3)
            broker.stop()
            assert "messages wait" in process.stderr.readline()
            broker.start()
            with listening(broker, "edgeinfer/+/result") as after:
                assert "is back" in process.stderr.readline()
                after.wait_for(3)
                process.terminate()
                out, _ = process.communicate(timeout=30)
    report = json.loads(out)
    assert process.returncode == 0
    sink = report["sinks"][0]
    assert sink["delivered"] + sink["dropped"] == report["results"]


def test_a_broker_that_comes_late(edgeinfer: Edgeinfer, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    words = ("--source", "synthetic", "--model", SMALL, "--sink", broker.uri)
    with edgeinfer.going(*words) as process:
        assert process.stderr
        assert "messages wait" in process.stderr.readline()
        with broker, listening(broker, "edgeinfer/+/result") as listener:
            first = json.loads(listener.wait_for(1)[0].payload)
            process.terminate()
            process.communicate(timeout=30)
    assert first["type"] == "result"
    assert process.returncode == 0
