from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ai_edge_litert.interpreter import Interpreter

from edgeinfer.errors import ConfigError
from edgeinfer.model import graph, labels, menu
from edgeinfer.model.card import Card
from tests.conftest import ROOT

CARDS = menu.cards()


def file_of(card: Card) -> str:
    assert card.weights is not None
    return card.weights.file


def path_of(card: Card, models: Path) -> Path:
    """Of weights that come with edgeinfer, beside the card; of others, among `models`."""
    assert card.weights is not None
    return (models if card.weights.url else card.file.parent) / card.weights.file


def by_file() -> dict[str, Card]:
    return {file_of(card): card for card in CARDS}


def test_the_menu_is_the_cards_of_the_repository() -> None:
    assert [card.name for card in CARDS] == sorted(p.stem for p in (ROOT / "models").glob("*.toml"))
    assert len(CARDS) >= 12


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_card_says_what_a_person_needs(card: Card) -> None:
    assert card.summary
    assert card.licence
    assert card.weights is not None
    assert card.weights.url.startswith("https://") or path_of(card, ROOT).is_file()
    if card.cpu_model is not None:
        assert menu.find(card.cpu_model).delegate is None


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_every_label_file_is_there(card: Card) -> None:
    if card.labels_path is not None:
        assert len(labels.read(card.labels_path)) > 1


def test_every_label_file_has_a_card() -> None:
    files = {path.name for path in (ROOT / "models" / "labels").glob("*.txt")}
    assert files == {card.labels for card in CARDS} - {None}


def test_every_real_model_has_one_card_with_its_hash_and_size(models: Path) -> None:
    files = sorted(models.glob("*.tflite"))
    assert len(by_file()) == len(CARDS)
    for path in files:
        weights = by_file()[path.name].weights
        assert weights is not None
        data = path.read_bytes()
        assert (weights.bytes, weights.sha256) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("coco.txt", "coco_labels.txt"),
        ("imagenet.txt", "imagenet_labels.txt"),
        ("inat_bird.txt", "inat_bird_labels.txt"),
        ("pascal_voc.txt", "pascal_voc_segmentation_labels.txt"),
    ],
)
def test_labels_are_those_that_the_models_were_trained_on(
    models: Path, ours: str, theirs: str
) -> None:
    names = labels.read(ROOT / "models" / "labels" / ours)
    source = labels.read(models / theirs)
    # The file of PASCAL VOC goes on in prose after its 21 names.
    assert names == source[: len(names)]
    assert len(names) == {"pascal_voc.txt": 21}.get(ours, len(source))


CLASSIFIERS = [card for card in CARDS if card.task == "classification"]
DETECTORS = [card for card in CARDS if card.task == "detection"]


@pytest.mark.parametrize("card", CLASSIFIERS, ids=lambda card: card.name)
def test_labels_fit_the_scores_of_a_classifier(models: Path, card: Card) -> None:
    path = path_of(card, models)
    names = labels.of(card, path)
    (scores,) = Interpreter(str(path)).get_output_details()
    labels.check_count(names, int(scores["shape"][-1]), card.name)
    assert names == labels.from_model(path)


@pytest.mark.parametrize("card", DETECTORS, ids=lambda card: card.name)
def test_labels_fit_the_classes_of_a_detector(models: Path, card: Card) -> None:
    path = path_of(card, models)
    classes = graph.detection_classes(path)
    assert classes is not None
    labels.check_count(labels.of(card, path), classes, card.name)


def test_a_card_is_found_by_its_name_or_its_file() -> None:
    card = menu.find("coco_ssd_mobilenet_v1")
    assert menu.find("coco_ssd_mobilenet_v1_1.0_quant") is card
    assert menu.find("coco_ssd_mobilenet_v1_1.0_quant.tflite") is card


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"did you mean mobilenet_v1_0\.25_128") as caught:
        menu.find("mobilenet_v1_0.25_12")
    assert caught.value.exit_status == 2
    with pytest.raises(ConfigError, match="edgeinfer models list"):
        menu.find("zzzz")
