"""Every example runs as its own text says, on real pictures, clips and a real broker."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeinfer import assembly, config
from edgeinfer.picture import load
from tests.brokers import Mosquitto, listening
from tests.conftest import ROOT

FOLDER = ROOT / "examples"
PROGRAMS = sorted(FOLDER.glob("*.py"))
CONFIGURATIONS = sorted(FOLDER.glob("*.toml"))
Run = Callable[..., str]


@pytest.fixture
def run(models: Path, tmp_path: Path) -> Run:
    """Runs Python with these words in an empty folder; what it prints."""

    def python(*words: object) -> str:
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "EDGEINFER_MODELS": str(models)},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return python


def test_a_picture_is_classified(run: Run, images: Path) -> None:
    best = run(FOLDER / "classify_a_picture.py", images / "cat_720p.jpg").splitlines()[0]
    assert re.fullmatch(r" *\d+%  .*cat", best)


def test_the_train_of_a_clip_comes_and_goes_in_the_clip_s_own_time(run: Run, clips: Path) -> None:
    lines = run(FOLDER / "detect_in_a_clip.py", clips / "train_day.mp4")
    truth = json.loads((clips / "truth.json").read_text())["train_day.mp4"]
    passage = truth["passages"][0]
    came = re.search(r"^ *([\d.]+) s  train appears$", lines, re.MULTILINE)
    gone = re.search(r"train is gone, last seen at ([\d.]+) s$", lines, re.MULTILINE)
    assert came
    assert gone
    first_s, last_s = (
        round(passage[f"{end}_frame"] / truth["fps"], 1) for end in ("first", "last")
    )
    assert first_s <= float(came[1]) < float(gone[1]) <= last_s


def test_what_is_found_is_drawn_on_the_picture(run: Run, images: Path, tmp_path: Path) -> None:
    said = run(FOLDER / "draw_the_boxes.py", images / "cat_720p.jpg", "out.png")
    assert re.fullmatch(r"[1-9]\d* found in \d+ ms\n", said)
    before, after = load(images / "cat_720p.jpg"), load(tmp_path / "out.png")
    drawn = np.any(before != after, axis=2)
    assert 0.002 < drawn.mean() < 0.1, "lines and words, and the rest as it was"


def test_people_are_counted_in_a_folder_of_pictures(run: Run, images: Path) -> None:
    lines = run(FOLDER / "count_people.py", images).splitlines()
    people = {name: int(count) for name, _, count in (line.split() for line in lines)}
    assert people["face.jpg"] >= 3
    assert people["squat.bmp"] == 1
    assert people["sunflower.bmp"] == 0


def test_a_runtime_of_one_s_own_parts_reaches_the_broker(run: Run, mosquitto: Mosquitto) -> None:
    with listening(mosquitto, "edgeinfer/porch/#") as listener:
        said = run(FOLDER / "publish_to_mqtt.py", mosquitto.uri)
        listener.wait_for(lambda seen: bool(seen) and seen[-1].payload == "offline")
    events = [m for m in listener.messages if m.topic == "edgeinfer/porch/event/newcomers"]
    assert "stop sign" in {json.loads(event.payload)["facts"]["label"] for event in events}
    assert said == f"90 results, {90 + len(events)} messages delivered\n"


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.name)
def test_a_configuration_is_right(path: Path) -> None:
    settings = assembly.configure(config.read(path))
    assert settings.sinks


def test_the_camera_s_configuration_tells_the_broker(run: Run, mosquitto: Mosquitto) -> None:
    """With the drawn scene in the camera's place, and a broker that is here."""
    file = FOLDER / "camera-to-mqtt.toml"
    scene = ("--source", "synthetic:signs", "--frames", 2, "--sink", mosquitto.uri)
    with listening(mosquitto, "edgeinfer/porch/result") as listener:
        run("-m", "edgeinfer", "run", "-c", file, *scene)
        results = [json.loads(message.payload) for message in listener.wait_for(2)]
    assert [result["source"] for result in results] == ["synthetic:signs"] * 2


def test_the_stream_s_configuration_writes_its_file(run: Run, clips: Path, tmp_path: Path) -> None:
    """With a clip in the stream's place."""
    file, clip = FOLDER / "rtsp-to-jsonl.toml", clips / "train_day.mp4"
    run("-m", "edgeinfer", "run", "-c", file, "--source", clip, "--frames", 3)
    rows = [json.loads(line) for line in (tmp_path / "yard.jsonl").read_text().splitlines()]
    assert [row["seq"] for row in rows] == [0, 1, 2]


@pytest.mark.parametrize("path", [*PROGRAMS, *CONFIGURATIONS], ids=lambda path: path.name)
def test_no_example_is_without_its_test(path: Path) -> None:
    assert f'FOLDER / "{path.name}"' in Path(__file__).read_text(encoding="utf-8")


def test_an_example_is_a_program_or_a_configuration() -> None:
    """A folder has a page besides: test_example_configurations.py."""
    folders = {page.parent for page in FOLDER.glob("*/README.md")}
    others = set(FOLDER.iterdir()) - {*PROGRAMS, *CONFIGURATIONS, FOLDER / "__pycache__"}
    assert others == folders


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_a_program_says_how_to_run_it(path: Path) -> None:
    assert f"python examples/{path.name}" in str(ast.get_docstring(ast.parse(path.read_text())))


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.name)
def test_a_configuration_says_how_to_run_it(path: Path) -> None:
    assert f"edgeinfer run -c examples/{path.name}" in path.read_text(encoding="utf-8")
