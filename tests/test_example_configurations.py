"""The configurations for a real camera, on clips and drawn scenes in the camera's place."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgeinfer import assembly, config
from edgeinfer.picture import load
from edgeinfer.sources.scenes.parking import Parking
from tests.conftest import ROOT

TRAINS = ROOT / "examples/train-spotting"
BAYS = ROOT / "examples/parking-meter"
FOLDERS = pytest.mark.parametrize("folder", [TRAINS, BAYS], ids=lambda folder: folder.name)
Run = Callable[..., list[dict[str, Any]]]


def _text(folder: Path) -> str:
    return (folder / "edgeinfer.toml").read_text(encoding="utf-8")


def _unlimited(folder: Path) -> str:
    """Without its limits: they slow a clip down, too."""
    return re.sub(r"\[limits\]\n(.+\n)+", "", _text(folder))


def _place() -> Parking:
    return Parking(11, (1280, 720), "clear", "day")


@pytest.fixture
def python(models: Path, tmp_path: Path) -> Callable[..., str]:
    """Runs `python -m edgeinfer` with these words in an empty folder; what it prints."""

    def run(*words: object) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "edgeinfer", *map(str, words)],
            cwd=tmp_path,
            env={
                **os.environ,
                "EDGEINFER_MODELS": str(models),
                "EDGEINFER_STATE": str(tmp_path / "state"),
            },
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def events(python: Callable[..., str], tmp_path: Path) -> Run:
    """The events of a configuration on a clip; more words for `edgeinfer run` may follow."""

    def run(folder: Path, clip: Path, *words: object) -> list[dict[str, Any]]:
        copy = tmp_path / "edgeinfer.toml"
        copy.write_text(_unlimited(folder))
        said = python("run", "-c", copy, "--source", clip, "--sink", "jsonl:-", *words)
        return [row for row in map(json.loads, said.splitlines()) if row["type"] == "event"]

    return run


@FOLDERS
def test_a_configuration_is_right_beside_its_password(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mqtt-password").write_text("secret\n")
    (tmp_path / "mqtt-password").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    settings = assembly.configure(config.read(folder / "edgeinfer.toml"))
    assert [sink.type for sink in settings.sinks] == ["mqtt", "snapshots", "words"]
    assert settings.source.type == "picamera"
    assert settings.limits.max_temp_c == 75


def test_the_train_of_the_day_passes_once_and_to_the_left(events: Run, clips: Path) -> None:
    started, ended = events(TRAINS, clips / "train_day.mp4")
    assert (started["rule"], started["kind"]) == ("train", "started")
    assert (ended["rule"], ended["kind"]) == ("train", "ended")
    assert ended["facts"]["direction"] == "right_to_left"


@pytest.fixture
def parking(python: Callable[..., str], tmp_path: Path) -> Path:
    """The drawn place whose bays stand in the configuration, as its page makes it."""
    clip = tmp_path / "parking.mp4"
    words = "scene parking --seed 11 --seconds 20 --fps 2 --size 1280x720 -o"
    python(*words.split(), clip)
    return clip


def test_the_bays_that_the_model_sees_are_occupied_and_no_empty_one_is(
    events: Run, parking: Path
) -> None:
    """COCO SSD misses some of the five cars: the page says so."""
    found = events(BAYS, parking)
    occupied = {event["rule"] for event in found if event["kind"] == "occupied"}
    stays = _place().events(0, 20)
    truly = {f"bay {int(stay.facts['bay']) + 1}" for stay in stays}
    assert occupied <= truly
    assert len(occupied) >= 3
    counts = [event["facts"] for event in found if event["rule"] == "cars"]
    assert 3 <= counts[-1]["now"] <= len(truly)


def test_seen_from_above_the_model_knows_no_car(events: Run, clips: Path) -> None:
    """What the page says of a camera that looks straight down."""
    assert not [
        e for e in events(BAYS, clips / "car_park.mp4", "--frames", 150) if e["kind"] == "occupied"
    ]


def test_the_bays_are_those_of_the_drawn_place() -> None:
    zones = [rule for rule in tomllib.loads(_text(BAYS))["rule"] if rule["type"] == "zone"]
    drawn = _place().bays
    rounded = [[[round(x, 3), round(y, 3)] for x, y in bay] for bay in drawn]
    assert [zone["polygon"] for zone in zones] == rounded


def test_a_picture_of_each_train_is_kept_without_a_broker(
    python: Callable[..., str], tmp_path: Path, clips: Path
) -> None:
    """As the page makes its own picture: the file without its first sink."""
    head, _, *rest = _unlimited(TRAINS).split("[[sink]]\n")
    (tmp_path / "try.toml").write_text("[[sink]]\n".join([head, *rest]))
    said = python("run", "-c", "try.toml", "--source", clips / "train_day.mp4")
    assert "train passed, right to left" in said
    (picture,) = (tmp_path / "trains").iterdir()
    assert load(picture).ndim == 3


@FOLDERS
def test_a_page_shows_pictures_that_a_browser_likes(folder: Path) -> None:
    page = (folder / "README.md").read_text(encoding="utf-8")
    pictures = list(folder.glob("*.jpg"))
    assert pictures
    for picture in pictures:
        assert f"]({picture.name})" in page
        assert picture.stat().st_size < 150_000


@FOLDERS
def test_the_links_of_a_page_lead_somewhere(folder: Path) -> None:
    page = (folder / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!\w+:)([^)#\s]+)", page)
    assert targets
    assert not [target for target in targets if not (folder / target).exists()]


@FOLDERS
def test_a_page_names_the_entities_of_its_rules(folder: Path) -> None:
    settings = tomllib.loads(_text(folder))
    device = settings["device"]["name"]
    rules = [rule["name"].replace(" ", "_") for rule in settings["rule"]]
    known = {
        f"{device}_{name}" for name in (*rules, "camera", "temperature", "pause", "frame_rate")
    }
    page = (folder / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"(?:binary_sensor|sensor|image|event|switch|button)\.(\w+)", page)
    assert named
    assert not [name for name in named if not name.startswith(tuple(known))]
