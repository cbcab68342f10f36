from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from edgeinfer.errors import ModelError
from edgeinfer.model import card, labels


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\ndog\n", ("cat", "dog")),
        ("cat\r\ndog\r\n\r\n", ("cat", "dog")),
        ("\ufeffcat\ndog", ("cat", "dog")),
        ("cat\n\ndog\n", ("cat", "n/a", "dog")),
        ("0 cat\n1 dog\n", ("cat", "dog")),
        ("0  cat\n2  big dog\n", ("cat", "n/a", "big dog")),
        ("0: cat\n1:dog\n3 : cow\n", ("cat", "dog", "n/a", "cow")),
        ("1 cat\n2 dog\n", ("n/a", "cat", "dog")),
        ("cat\n3 wheeler\ndog\n", ("cat", "3 wheeler", "dog")),
        ("3 wheeler\n4 wheeler\n", ("3 wheeler", "4 wheeler")),
        ("1 euro\n1 cent\n", ("1 euro", "1 cent")),
        ("1 penny\n1990 Beetle\n", ("1 penny", "1990 Beetle")),
        ("0\n1\n2\n", ("0", "1", "2")),
        ("Strauß\nmacaw, ara\n", ("Strauß", "macaw, ara")),
    ],
)
def test_labels_are_read_in_every_usual_form(
    tmp_path: Path, text: str, expected: tuple[str, ...]
) -> None:
    assert labels.read(write(tmp_path, text)) == expected


def test_a_file_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no labels"):
        labels.read(write(tmp_path, "\n \n"))
    with pytest.raises(ModelError, match="No such file"):
        labels.read(tmp_path / "none.txt")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(ModelError, match="UTF-8"):
        labels.read(tmp_path / "labels.txt")


def test_labels_come_from_the_end_of_a_coral_model(models: Path) -> None:
    found = labels.from_model(models / "mobilenet_v1_0.25_128_quant.tflite")
    assert found == labels.read(models / "imagenet_labels.txt")


def test_a_model_without_metadata_has_no_labels(models: Path) -> None:
    assert labels.from_model(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite") is None


def test_metadata_without_a_text_file_has_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("vocab.bin", b"\0")
    assert labels.from_model(path) is None


def test_the_label_file_is_preferred_among_the_metadata(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello\n")
        archive.writestr("labelmap.txt", "cat\ndog\n")
    assert labels.from_model(path) == ("cat", "dog")


def test_labels_of_a_card_come_from_where_it_says(models: Path, tmp_path: Path) -> None:
    model = models / "mobilenet_v1_0.25_128_quant.tflite"
    ours = card.Card("x", tmp_path / "x.toml", "classification")
    inside = card.Card("x", tmp_path / "x.toml", "classification", labels="metadata")
    beside = card.Card("x", tmp_path / "x.toml", "classification", labels="labels.txt")
    write(tmp_path, "cat\n")
    assert labels.of(ours, model) == ()
    assert len(labels.of(inside, model)) == 1001
    assert labels.of(beside, model) == ("cat",)


def test_a_card_that_promises_metadata_is_held_to_it(models: Path, tmp_path: Path) -> None:
    inside = card.Card("x", tmp_path / "x.toml", "detection", labels="metadata")
    with pytest.raises(ModelError, match="no labels in its metadata"):
        labels.of(inside, models / "coco_ssd_mobilenet_v1_1.0_quant.tflite")


def test_labels_that_fit_are_left_alone() -> None:
    labels.check_count(("cat", "dog"), 2, "x")


@pytest.mark.parametrize(
    ("names", "classes", "advice"),
    [
        (("cat", "dog"), 3, "add it as their first line"),
        (("background", "cat", "dog"), 2, "delete it"),
        (("cat", "dog"), 1, "another model"),
        (("cat", "dog"), 90, "another model"),
    ],
)
def test_labels_that_do_not_fit_say_why(names: tuple[str, ...], classes: int, advice: str) -> None:
    with pytest.raises(ModelError) as caught:
        labels.check_count(names, classes, "pets.txt")
    assert f"pets.txt: {classes} scores but {len(names)} labels" in str(caught.value)
    assert advice in str(caught.value)
