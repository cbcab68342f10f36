from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgeinfer.core.frame import Frame
from edgeinfer.tools.check import ask
from edgeinfer.tools.configured import configured, is_dark
from edgeinfer.tools.line import Line
from tests.brokers import Mosquitto, free_port
from tests.tools.questions import wait_for_questions

SMALL = "mobilenet_v1_0.25_128"


@pytest.fixture
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has pulled nothing."""
    monkeypatch.delenv("EDGEINFER_MODELS", raising=False)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))


def lines(
    tmp_path: Path, *, source: str = 'type = "synthetic"', model: str = "", sinks: str = ""
) -> dict[str, Line]:
    """By name; the model is one that has to be pulled, unless it is given."""
    file = tmp_path / "edgeinfer.toml"
    model = model or f'name = "{SMALL}"'
    file.write_text(f"[source]\n{source}\n[model]\n{model}\n{sinks}")
    return by_name(configured(file, ask))


def by_name(found: Iterable[Line]) -> dict[str, Line]:
    answers = {line.name: line for line in found}
    assert all(bool(line.advice) == (line.state != "ok") for line in answers.values())
    return answers


def sink(text: str) -> str:
    return f"[[sink]]\n{text}\n"


@pytest.mark.usefixtures("no_weights")
def test_a_model_that_is_not_here_will_be_pulled(tmp_path: Path) -> None:
    line = lines(tmp_path)["model"]
    assert line.state == "warn"
    assert "will pull it" in line.what
    assert line.advice == f"fetch it now: edgeinfer models pull {SMALL}"


def test_a_model_of_the_menu_is_run(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEINFER_MODELS", str(models))
    found = lines(tmp_path)
    assert found["configuration"].state == "ok"
    assert found["model"].state == "ok"
    assert found["model"].what.startswith(f"{SMALL}: loads, and one invoke at 128x128 takes ")


def test_labels_that_do_not_fit_the_model_fail(tmp_path: Path, models: Path) -> None:
    labels = tmp_path / "two.txt"
    labels.write_text("cat\ndog\n")
    path = models / "mobilenet_v1_0.25_128_quant.tflite"
    line = lines(tmp_path, model=f'path = "{path}"\nlabels = "{labels}"')["model"]
    assert line.state == "fail"
    assert "2 labels" in line.what


@pytest.mark.usefixtures("no_weights")
def test_a_file_that_is_no_model_fails(tmp_path: Path) -> None:
    path = tmp_path / "text.tflite"
    path.write_text("hello")
    labels = tmp_path / "two.txt"
    labels.write_text("cat\ndog\n")
    line = lines(tmp_path, model=f'path = "{path}"\nlabels = "{labels}"')["model"]
    assert line.state == "fail"
    assert "text.tflite" in line.what


def test_a_name_that_is_not_on_the_menu_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    found = lines(tmp_path, model=f'name = "{SMALL}x"')
    assert found["configuration"].state == "fail"
    assert SMALL in found["configuration"].advice


@pytest.mark.usefixtures("no_weights")
def test_a_source_is_looked_at(tmp_path: Path) -> None:
    source = 'type = "synthetic"\nsize = [320, 240]\nrotation = 90'
    line = lines(tmp_path, source=source)["source"]
    assert (line.state, line.what) == ("ok", "synthetic:signs: gives 240x320 pictures")


@pytest.mark.usefixtures("no_weights")
def test_a_source_that_cannot_be_opened_fails(tmp_path: Path) -> None:
    device = tmp_path / "video9"
    line = lines(tmp_path, source=f'type = "v4l2"\ndevice = "{device}"')["source"]
    assert line.state == "fail"
    assert line.what == f"{device}: no such device"


@pytest.mark.usefixtures("no_weights")
def test_a_camera_with_its_cap_on_is_a_warning(tmp_path: Path) -> None:
    folder = black_pictures(tmp_path, 3)
    line = lines(tmp_path, source=f'type = "folder"\npath = "{folder}"')["source"]
    assert line.state == "warn"
    assert "black" in line.what


@pytest.mark.usefixtures("no_weights")
def test_a_source_that_begins_with_black_pictures_is_fine(tmp_path: Path) -> None:
    folder = black_pictures(tmp_path, 3)
    cv2.imwrite(str(folder / "z.png"), np.full((6, 8, 3), 99, np.uint8))
    line = lines(tmp_path, source=f'type = "folder"\npath = "{folder}"')["source"]
    assert (line.state, line.what) == ("ok", "black: gives 8x6 pictures")


def black_pictures(tmp_path: Path, number: int) -> Path:
    folder = tmp_path / "black"
    folder.mkdir()
    for index in range(number):
        cv2.imwrite(str(folder / f"{index}.png"), np.zeros((6, 8, 3), np.uint8))
    return folder


@pytest.mark.parametrize(("value", "dark"), [(0, True), (3, True), (4, False), (200, False)])
def test_noise_behind_a_cap_is_dark_too(value: int, dark: bool) -> None:
    assert is_dark(Frame(np.full((4, 4, 3), value, np.uint8), 0, 0, 0)) is dark


@pytest.mark.usefixtures("no_weights")
def test_a_source_that_hangs_is_given_up(tmp_path: Path) -> None:
    pipe = tmp_path / "clip.mp4"
    os.mkfifo(pipe)  # to open it waits for a writer who never comes
    file = tmp_path / "edgeinfer.toml"
    file.write_text(
        f'[source]\ntype = "video"\nuri = "{pipe}"\n[model]\nname = "{SMALL}"\n'
        '[[sink]]\ntype = "jsonl"\npath = "-"\n'
    )

    def impatient(
        name: str, limit_s: float, question: Callable[[], Iterable[Line]]
    ) -> Iterable[Line]:
        return ask(name, 0.2 if name == "source" else limit_s, question)

    found = by_name(configured(file, impatient))
    assert found["source"].state == "fail"
    assert "no answer within" in found["source"].what
    assert found["sink"].state == "ok"
    writer = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    pipe.unlink()
    os.close(writer)
    wait_for_questions()


@pytest.mark.usefixtures("no_weights")
def test_a_broker_that_lets_us_in_is_ready(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        line = lines(tmp_path, sinks=sink(f'type = "mqtt"\nuri = "{broker.uri}"'))["sink"]
    assert (line.state, line.what) == ("ok", f"{broker.uri}: ready")


@pytest.mark.usefixtures("no_weights")
def test_a_broker_that_refuses_says_so(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, users={"porch": "secret"}) as broker:
        line = lines(tmp_path, sinks=sink(f'type = "mqtt"\nuri = "{broker.uri}"'))["sink"]
    assert line.state == "fail"
    assert "password_file" in line.advice


@pytest.mark.usefixtures("no_weights")
def test_a_broker_with_an_unknown_certificate_says_so(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, tls=True) as broker:
        line = lines(tmp_path, sinks=sink(f'type = "mqtt"\nuri = "{broker.uri}"'))["sink"]
    assert line.state == "fail"
    assert "certificate" in line.what
    assert "`ca`" in line.advice


@pytest.mark.usefixtures("no_weights")
def test_a_broker_that_is_not_there_does_not_hide_the_next_sink(tmp_path: Path) -> None:
    absent = sink(f'type = "mqtt"\nuri = "mqtt://127.0.0.1:{free_port()}"')
    file = tmp_path / "edgeinfer.toml"
    head = f'[source]\ntype = "synthetic"\n[model]\nname = "{SMALL}"\n'
    file.write_text(head + absent + sink('type = "jsonl"\npath = "-"'))
    broker, stdout = [line for line in configured(file, ask) if line.name == "sink"]
    assert broker.state == "fail"
    assert "refused" in broker.what
    assert stdout.state == "ok"


@pytest.mark.usefixtures("no_weights")
def test_a_password_file_that_is_missing_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    words = 'type = "mqtt"\nuri = "mqtt://localhost"\nuser = "porch"\npassword_file = "absent"'
    line = lines(tmp_path, sinks=sink(words))["configuration"]
    assert line.state == "fail"
    assert "password_file: absent: no such file" in line.what


@pytest.mark.usefixtures("no_weights")
def test_a_jsonl_file_in_a_missing_folder_fails(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "results.jsonl"
    line = lines(tmp_path, sinks=sink(f'type = "jsonl"\npath = "{path}"'))["sink"]
    assert line.state == "fail"
    assert str(path) in line.what


@pytest.mark.usefixtures("no_weights")
def test_trying_a_jsonl_file_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    line = lines(tmp_path, sinks=sink(f'type = "jsonl"\npath = "{path}"'))["sink"]
    assert (line.state, line.what) == ("ok", f"jsonl:{path}: ready")
    assert not path.exists()


@pytest.mark.usefixtures("no_weights")
def test_trying_a_jsonl_file_leaves_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    path.write_text("{}\n")
    assert lines(tmp_path, sinks=sink(f'type = "jsonl"\npath = "{path}"'))["sink"].state == "ok"
    assert path.read_text() == "{}\n"


@pytest.mark.usefixtures("no_weights")
def test_a_folder_is_no_jsonl_file(tmp_path: Path) -> None:
    line = lines(tmp_path, sinks=sink(f'type = "jsonl"\npath = "{tmp_path}"'))["sink"]
    assert (line.state, line.advice) == ("fail", "name a file in it")


def test_a_file_that_is_missing_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    (line,) = configured(tmp_path / "absent.toml", ask)
    assert (line.name, line.state) == ("configuration", "fail")
    assert "absent.toml" in line.what
