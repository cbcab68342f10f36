from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from edgeinfer.errors import ModelError
from edgeinfer.model import card
from tests.conftest import ROOT

WHOLE = """
summary = "Knows screws"
task = "detection"
licence = "MIT"
labels = "screws.txt"
fit = "letterbox"
mean = [123.7, 116.8, 103.5]
std = 58.0
min_score = 0.25
roles = { boxes = 0, scores = 2 }

[decoder]
type = "ssd"
top_k = 3

[weights]
file = "screws.tflite"
url = "https://example.org/screws.tflite"
bytes = 1234
sha256 = "%s"

[accuracy]
metric = "mAP"
value = 31.5
source = "own test set"
""" % ("0" * 64)


def write(folder: Path, text: str) -> Path:
    path = folder / "screws.toml"
    path.write_text(text)
    return path


def test_a_whole_card_is_read(tmp_path: Path) -> None:
    found = card.read(write(tmp_path, WHOLE))
    assert (found.name, found.task, found.fit) == ("screws", "detection", "letterbox")
    assert (found.mean, found.std, found.min_score) == ((123.7, 116.8, 103.5), 58.0, 0.25)
    assert dict(found.roles) == {"boxes": 0, "scores": 2}
    assert (found.decoder_type, found.decoder_options) == ("ssd", {"top_k": 3})
    assert found.weights == card.Weights(
        "screws.tflite", 1234, "0" * 64, "https://example.org/screws.tflite"
    )
    assert found.accuracy == card.Accuracy("mAP", 31.5, "own test set")


@pytest.mark.parametrize(
    ("task", "expected"), [("classification", 0.1), ("detection", 0.5), ("pose", 0.5)]
)
def test_the_task_chooses_the_threshold(tmp_path: Path, task: str, expected: float) -> None:
    assert card.read(write(tmp_path, f'task = "{task}"')).min_score == expected


def test_a_card_without_a_decoder_has_no_decoder_type(tmp_path: Path) -> None:
    found = card.read(write(tmp_path, 'task = "embedding"'))
    assert (found.decoder_type, found.decoder_options) == (None, {})


def test_every_problem_of_a_card_is_reported_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace('fit = "letterbox"', 'fit = "letterbx"\nlabel = "x"')
    text = text.replace("bytes = 1234", "bytes = 0\nsha = 1").replace("31.5", '"good"')
    path = write(tmp_path, text)
    with pytest.raises(ModelError) as caught:
        card.read(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    assert all(line.startswith(f"{path}: ") for line in lines)
    for part in ("did you mean labels?", "letterbx", "weights.bytes", "weights.sha: unknown",
                 "accuracy.value"):  # fmt: skip
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('"https://example.org', '"ftp://example.org', "http://, https://, file://"),
        ('file = "screws.tflite"', 'file = "../screws.tflite"', "without a folder"),
        ('sha256 = "0', 'sha256 = "X', "64 digits"),
        ("std = 58.0\n", "", "belong together"),
        ("std = 58.0", "std = 0.0", "greater than 0"),
        ('type = "ssd"\n', "", "decoder.type"),
        ('task = "detection"', 'task = "detecting"', "detecting"),
        ('task = "detection"', "", "card.task: missing"),
        ('licence = "MIT"', 'licence = "MIT"\nname = "nails"', "card.name: unknown"),
        ("boxes = 0", "boxes = -1", "roles.boxes"),
        ("[accuracy]", "[accuracy", "not TOML"),
    ],
)
def test_a_wrong_card_is_refused(tmp_path: Path, old: str, new: str, part: str) -> None:
    assert old in WHOLE
    with pytest.raises(ModelError) as caught:
        card.read(write(tmp_path, WHOLE.replace(old, new)))
    assert part in str(caught.value)


def test_an_absent_card_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        card.read(tmp_path / "none.toml")


def test_a_card_beside_a_model_is_found(tmp_path: Path) -> None:
    write(tmp_path, WHOLE)
    found = card.beside(tmp_path / "screws.tflite")
    assert found is not None
    assert found.name == "screws"
    assert card.beside(tmp_path / "nails.tflite") is None


def test_labels_lie_in_the_labels_folder_or_beside_the_card(tmp_path: Path) -> None:
    path = write(tmp_path, WHOLE)
    assert card.read(path).labels_path == tmp_path / "screws.txt"
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "screws.txt").write_text("screw")
    assert card.read(path).labels_path == tmp_path / "labels" / "screws.txt"
    in_model = card.read(write(tmp_path, WHOLE.replace("screws.txt", "metadata")))
    assert in_model.labels_path is None


def test_the_cards_of_the_documentation_are_right(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "adding-a-model.md").read_text()
    examples = [part.split("```")[0] for part in page.split("```toml")[1:]]
    assert [card.read(write(tmp_path, text)).task for text in examples] == [
        "detection",
        "classification",
    ]


def test_the_documentation_explains_every_key() -> None:
    page = (ROOT / "docs" / "adding-a-model.md").read_text()
    kinds = (card.Card, card.Weights, card.Accuracy)
    keys = {field.name for kind in kinds for field in fields(kind)} - {"name"}
    assert [key for key in sorted(keys) if key not in page] == []
