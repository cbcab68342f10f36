from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeinfer.cli import cli
from edgeinfer.errors import ConfigError, ModelError, SourceError
from edgeinfer.model import labels

SMALL = "mobilenet_v1_0.25_128"
SMALL_FILE = "mobilenet_v1_0.25_128_quant.tflite"
ANY_SPEED = ("--min-speedup", "0")  # a test must not depend on the machine
KEYS = {
    "model", "out", "written", "reason", "changes", "bytes_before", "bytes_after", "images",
    "pictures", "min_agreement", "agreement", "kernels", "speed",
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def run(models: Path, *words: object) -> Result:
    return CliRunner().invoke(
        cli, ["optimize", *map(str, words)], env={"EDGEINFER_MODELS": str(models)}
    )


def test_a_real_process_writes_a_model_that_runs_without_more_words(
    models: Path, images: Path, place: Path
) -> None:
    environment = {**os.environ, "EDGEINFER_MODELS": str(models)}

    def edgeinfer(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "edgeinfer", *map(str, words)],
            capture_output=True, text=True, timeout=100, env=environment, check=False,
        )  # fmt: skip

    out = place / "fast.tflite"
    done = edgeinfer("optimize", SMALL, "-o", out, "--images", images, "--json", *ANY_SPEED)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report.keys() == KEYS
    assert (report["written"], report["reason"], report["pictures"]) == (True, "", 11)
    assert report["changes"] == {"channels": 3737, "rescaled": 56, "added_operators": 4}
    assert report["bytes_after"] == out.stat().st_size
    (confident, *_) = report["agreement"]["measures"]
    assert (confident["name"], confident["share"]) == ("top_1_confident", 1.0)
    assert report["kernels"]["measures"][0]["name"] == "top_1_confident"
    assert report["speed"]["ratio"]["median"] > 0
    assert sorted(path.name for path in place.iterdir()) == ["fast.tflite", "fast.toml"]

    ran = edgeinfer("run", "--source", images, "--model", out, "--sink", "jsonl:-")
    assert ran.returncode == 0, ran.stderr
    best = {row["source"]: row["findings"][:1] for row in map(json.loads, ran.stdout.splitlines())}
    assert best["sunflower.bmp"][0]["label"] == "daisy"


def test_the_card_keeps_what_the_other_says_and_says_where_it_comes_from(
    models: Path, clips: Path, place: Path
) -> None:
    out = place / "ssd.tflite"
    clip = clips / "train_day.mp4"
    words = ("--images", clip, "--pictures", 12, "--min-agreement", "0.8", *ANY_SPEED)
    result = run(models, "coco_ssd_mobilenet_v1", "-o", out, *words)
    assert result.exit_code == 0, result.output
    text = out.with_suffix(".toml").read_text()
    assert text.startswith("# Made from coco_ssd_mobilenet_v1_1.0_quant.tflite by `edgeinfer opti")
    assert "roles = { boxes = 0, classes = 1, scores = 2, count = 3 }" in text
    assert "[weights]" not in text
    found = labels.from_model(out)
    assert found
    assert found[0] == "person"


def test_people_read_what_became_of_it(models: Path, images: Path, place: Path) -> None:
    out = place / "fast.tflite"
    result = run(models, SMALL, "-o", out, "--images", images, *ANY_SPEED)
    assert result.exit_code == 0, result.output
    assert "3681 of 3737 channels of weights unchanged, 56 rescaled" in result.stdout
    assert "11 pictures" in result.stdout
    assert "top-1 where either has a score of 0.5 or more" in result.stdout
    assert f"written: {out}, and its card beside it" in result.stdout


def test_labels_that_the_original_carries_are_not_attached_again(
    models: Path, images: Path, place: Path, tmp_path: Path
) -> None:
    path, same = tmp_path / "mine.tflite", tmp_path / "same.txt"
    shutil.copy(models / SMALL_FILE, path)
    carried = labels.from_model(path)
    assert carried
    same.write_text("\n".join(carried))
    for number, words in enumerate(((SMALL,), (path, "--labels", same))):
        out = place / f"fast_{number}.tflite"
        result = run(models, *words, "-o", out, "--images", images, *ANY_SPEED)
        assert result.exit_code == 0, result.output
        assert labels.embedded_files(out) == labels.embedded_files(path)
        assert labels.from_model(out) == carried


def test_a_folder_of_class_folders_is_looked_into(
    models: Path, images: Path, place: Path, tmp_path: Path
) -> None:
    shutil.copytree(images, tmp_path / "set" / "any")
    words = ("--images", tmp_path / "set", "--pictures", 6, "--min-agreement", "0", *ANY_SPEED)
    result = run(models, SMALL, "-o", place / "fast.tflite", *words)
    assert result.exit_code == 0, result.output
    assert "6 pictures" in result.stdout


def test_labels_that_a_person_names_go_into_the_model(
    models: Path, images: Path, place: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.txt"
    own.write_text("\n".join(f"thing {number}" for number in range(1001)))
    path = tmp_path / "mine.tflite"
    shutil.copy(models / SMALL_FILE, path)
    out = place / "fast.tflite"
    result = run(models, path, "-o", out, "--images", images, "--labels", own, *ANY_SPEED)
    assert result.exit_code == 0, result.output
    assert labels.from_model(out) == tuple(f"thing {number}" for number in range(1001))


def test_without_pictures_drawn_ones_are_taken(models: Path, place: Path) -> None:
    out = place / "fast.tflite"
    words = ("--min-agreement", "0", "--json", *ANY_SPEED)
    result = run(models, SMALL, "-o", out, *words)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["images"] == "synthetic:signs"


# Nothing is written.


def test_what_is_not_faster_is_not_written(models: Path, images: Path, place: Path) -> None:
    out = place / "fast.tflite"
    result = run(models, SMALL, "-o", out, "--images", images, "--min-speedup", "1000", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert not report["written"]
    assert report["reason"].startswith("not faster here: ")
    assert f"edgeinfer: {out}: not written: not faster here: " in result.stderr
    assert list(place.iterdir()) == []


def test_what_was_there_stays_where_nothing_is_written(
    models: Path, images: Path, place: Path
) -> None:
    out = place / "fast.tflite"
    out.write_text("precious")
    result = run(models, SMALL, "-o", out, "--images", images, "--min-speedup", "1000")
    assert result.exit_code == 1
    assert out.read_text() == "precious"
    assert list(place.iterdir()) == [out]


def test_one_that_is_terminated_leaves_nothing(models: Path, clips: Path, place: Path) -> None:
    words = ["coco_ssd_mobilenet_v1", "-o", place / "x.tflite", "--images", clips / "car_park.mp4"]
    process = subprocess.Popen(
        [sys.executable, "-m", "edgeinfer", "optimize", *map(str, words), "--pictures", "1000"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "EDGEINFER_MODELS": str(models)},
    )  # fmt: skip
    with process:
        while not any(place.glob(".*/x.tflite")):
            assert process.poll() is None
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip() == "edgeinfer: interrupted; nothing half done is left"
    assert list(place.iterdir()) == []


def refused(result: Result, kind: type[Exception], words: str, place: Path) -> None:
    assert isinstance(result.exception, kind), result.output
    assert words in str(result.exception)
    assert "\n" not in str(result.exception)
    assert list(place.iterdir()) == []


def test_a_folder_without_pictures(models: Path, place: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run(models, SMALL, "-o", place / "x.tflite", "--images", empty)
    refused(result, SourceError, "no pictures in it", place)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("face_detection_short_range", "computes in float"),
        ("movenet_single_pose_lightning", "computes in int8 already"),
        (
            "mobilenet_v1_0.25_128_edgetpu",
            "compiled for the Edge TPU; take the original: mobilenet_v1_0.25_128",
        ),
    ],
)
def test_a_model_that_cannot_be_rewritten(
    model: str, words: str, models: Path, place: Path
) -> None:
    result = run(models, model, "-o", place / "x.tflite")
    refused(result, ModelError, words, place)
    assert ".tflite: " in str(result.exception)


def test_a_compiled_model_without_a_card(models: Path, place: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    shutil.copy(models / "mobilenet_v1_0.25_128_quant_edgetpu.tflite", path)
    result = run(models, path, "-o", place / "x.tflite")
    assert str(result.exception) == f"{path}: compiled for the Edge TPU; take the original"


def test_a_folder_that_is_not_there(models: Path, place: Path) -> None:
    result = run(models, SMALL, "-o", place / "new" / "x.tflite")
    words = f"there is no folder {place / 'new'}; make the folder first"
    refused(result, ModelError, words, place)


@pytest.mark.parametrize("folder", ["/proc", "/dev/null"])
def test_a_place_without_writing(folder: str, models: Path, place: Path) -> None:
    result = run(models, SMALL, "-o", f"{folder}/x.tflite")
    refused(result, ModelError, "choose a folder that you may write to", place)


def test_the_original_is_never_overwritten(models: Path, place: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    shutil.copy(models / SMALL_FILE, path)
    for out in (path, tmp_path / "place" / ".." / "mine.tflite"):
        result = run(models, path, "-o", out)
        refused(result, ConfigError, "belongs to the original", place)


@pytest.mark.parametrize(("out", "words"), [("x.bin", ".tflite"), ("d.tflite", "a folder")])
def test_out_names_a_tflite_file(out: str, words: str, models: Path, tmp_path: Path) -> None:
    place = tmp_path / "d.tflite"
    place.mkdir()
    refused(run(models, SMALL, "-o", tmp_path / out), ConfigError, words, place)


def test_words_are_needed(models: Path) -> None:
    assert run(models, SMALL).exit_code == 2
    assert run(models, SMALL, "-o", "x.tflite", "--min-agreement", "2").exit_code == 2
