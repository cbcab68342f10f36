from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.model import attachments, derived, menu
from edgeinfer.model.card import METADATA, Card, read

COMMENTS = ["Made from x.tflite."]


def written(original: Card | None, model: Path) -> Card:
    path = model.with_suffix(".toml")
    path.write_text(derived.card_text(original, model, COMMENTS), encoding="utf-8")
    return read(path)


@pytest.fixture
def model(models: Path, tmp_path: Path) -> Path:
    """Without labels of its own."""
    path = tmp_path / "derived.tflite"
    path.write_bytes((models / "coco_ssd_mobilenet_v1_1.0_quant.tflite").read_bytes())
    return path


@pytest.mark.parametrize("card", menu.cards(), ids=lambda card: card.name)
def test_a_card_says_what_the_other_says_but_for_its_weights(card: Card, model: Path) -> None:
    found = written(card, model)
    for key in ("task", "summary", "licence", "fit", "mean", "std", "min_score", "roles"):
        assert getattr(found, key) == getattr(card, key), key
    assert found.decoder == card.decoder
    assert (found.weights, found.accuracy) == (None, None)
    assert model.with_suffix(".toml").read_text().startswith("# Made from x.tflite.\n")


def test_labels_are_those_that_the_model_carries(model: Path) -> None:
    card = menu.find("coco_ssd_mobilenet_v1")
    assert written(card, model).labels is None
    data = model.read_bytes()
    model.write_bytes(attachments.carried(data, data, {"labels.txt": b"a\nb\n"}))
    assert written(card, model).labels == METADATA


def test_a_model_without_a_card_is_taken_for_what_its_graph_shows(
    model: Path, models: Path
) -> None:
    found = written(None, model)
    assert (found.task, found.decoder_type) == ("detection", "ssd")
    model.write_bytes((models / "mobilenet_v1_0.25_128_quant.tflite").read_bytes())
    found = written(None, model)
    assert (found.task, found.decoder_type) == ("classification", "classifier")
    assert found.labels == METADATA


def test_every_kind_of_value_comes_back(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    path.write_text(
        'task = "classification"\nsummary = "quotes \\" and \\\\, ümlaut, \\u007f"\n'
        'mean = [1.5, 2, 3]\nstd = 4\n[decoder]\ntype = "classifier"\nsoftmax = true\ntop_k = 3\n'
        '[decoder.more]\n"two words" = [[1], [2, 3]]\n'
    )
    card, found = read(path), written(read(path), model)
    assert (found.summary, found.mean, found.std) == (card.summary, card.mean, card.std)
    assert found.decoder == card.decoder
