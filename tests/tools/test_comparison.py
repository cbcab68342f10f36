from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from edgeinfer.errors import ModelError
from edgeinfer.model import flatbuffer, int8, menu
from edgeinfer.model.card import beside
from edgeinfer.sections import Model
from edgeinfer.tools import pictures
from edgeinfer.tools.agreement import BOXES_CONFIDENT, CELLS, OUTPUTS, TOP_1, TOP_1_CONFIDENT
from edgeinfer.tools.comparison import Comparison

Rewrite = Callable[[str], Comparison]


@pytest.fixture
def rewrite(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rewrite:
    """A model of the menu beside what it becomes."""
    monkeypatch.setenv("EDGEINFER_MODELS", str(models))

    def rewritten(name: str) -> Comparison:
        card = menu.find(name)
        assert card.weights
        path, other = models / card.weights.file, tmp_path / "other.tflite"
        other.write_bytes(flatbuffer.pack(int8.to_int8(flatbuffer.read(path))[0]))
        return Comparison(Model(name=name, threads=1), path, card, other)

    return rewritten


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("mobilenet_v1_0.25_128", {TOP_1_CONFIDENT: 1.0, TOP_1: 0.7}),
        ("mobilenet_v2_1.0_224_inat_bird", {TOP_1_CONFIDENT: 1.0, TOP_1: 0.7}),
        ("deeplabv3_mnv2_dm05_pascal", {CELLS: 0.97}),
        ("mobilenet_v1_1.0_224_embedding", {OUTPUTS: 0.99}),
        ("coco_ssd_mobilenet_v1", {BOXES_CONFIDENT: 0.85}),
    ],
)
def test_rewritten_models_see_what_the_originals_see(
    name: str, least: dict[str, float], rewrite: Rewrite, images: Path
) -> None:
    found = rewrite(name).agreements(pictures.taken(str(images), 20))
    assert found.pictures == 11
    assert [measure.name for measure in found.models.measures] == list(least)
    assert [measure.name for measure in found.kernels.measures] == list(least)
    for measure in found.models.measures:
        assert measure.of > 0
        assert measure.share >= least[measure.name], measure


def test_boxes_stay_where_they_were_on_a_clip(rewrite: Rewrite, clips: Path) -> None:
    found = rewrite("coco_ssd_mobilenet_v1").agreements(
        pictures.taken(str(clips / "train_day.mp4"), 30)
    )
    assert found.models.judged
    assert found.models.judged.of > 20
    assert found.models.judged.share >= 0.95


def test_both_models_are_timed_as_often(rewrite: Rewrite, images: Path) -> None:
    comparison = rewrite("mobilenet_v1_0.25_128")
    comparison.agreements(pictures.taken(str(images), 1))
    shares: list[float] = []
    speed = comparison.speed(shares.append, runs=4)
    assert (speed.original_ms.runs, speed.rewritten_ms.runs, speed.threads) == (4, 4, 1)
    assert speed.ratio.p10 <= speed.ratio.median <= speed.ratio.p90
    assert shares[-1] == 1.0


def test_a_model_without_a_card_is_decoded_by_its_own_labels(models: Path, images: Path) -> None:
    path = models / "mobilenet_v1_0.25_128_quant.tflite"
    comparison = Comparison(Model(path=path), path, None, path)
    found = comparison.agreements(pictures.taken(str(images), 3))
    assert found.models.share(TOP_1) == 1.0


def test_without_any_labels_the_outputs_are_compared(
    models: Path, images: Path, tmp_path: Path
) -> None:
    path = tmp_path / "unlabelled.tflite"
    original = models / "mobilenet_v1_0.25_128_quant.tflite"
    path.write_bytes(flatbuffer.pack(flatbuffer.read(original)))
    comparison = Comparison(Model(path=path), path, None, path)
    found = comparison.agreements(pictures.taken(str(images), 3))
    assert found.models.share(OUTPUTS) == pytest.approx(1.0)
    assert found.models.largest_step == 0
    assert found.kernels.largest_step is not None


def test_a_card_without_its_labels_is_an_error(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    shutil.copy(models / "mobilenet_v1_0.25_128_quant.tflite", path)
    table = 'task = "classification"\nlabels = "none.txt"\n[decoder]\ntype = "classifier"\n'
    path.with_suffix(".toml").write_text(table)
    with pytest.raises(ModelError, match="none.txt"):
        Comparison(Model(path=path), path, beside(path), path)
