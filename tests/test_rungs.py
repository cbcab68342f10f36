from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeinfer import assembly, rungs
from edgeinfer.core.frame import Frame
from edgeinfer.errors import ConfigError, ModelError
from edgeinfer.runtime.ladder import Ladder
from edgeinfer.sections import Model

BIG, MIDDLE, SMALL = "mobilenet_v1_0.75_192", "mobilenet_v1_0.5_160", "mobilenet_v1_0.25_128"
FRAME = Frame(np.zeros((120, 160, 3), np.uint8), 0, 0, 0)


@pytest.fixture(autouse=True)
def _weights(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEINFER_MODELS", str(models))


def configured(model: dict[str, Any], **more: Any) -> dict[str, Any]:
    table = {"source": {"type": "synthetic"}, "model": model, "limits": {"min_fps": 1}}
    return table | more


def test_one_model_has_no_rungs_ladder_or_not() -> None:
    for model in (Model(name=SMALL), Model(ladder=(SMALL,))):
        pipeline, ladder = rungs.build(model)
        assert pipeline.model == SMALL
        assert ladder == ()


@pytest.mark.parametrize(
    ("model", "names", "first"),
    [
        (Model(ladder=(BIG, SMALL)), [BIG, SMALL], BIG),
        (Model(name=BIG, ladder=(SMALL,)), [BIG, SMALL], BIG),
        (Model(name=MIDDLE, ladder=(BIG, MIDDLE, SMALL)), [BIG, MIDDLE, SMALL], MIDDLE),
    ],
)
def test_it_begins_with_the_model_that_is_named_or_with_the_biggest(
    model: Model, names: list[str], first: str
) -> None:
    pipeline, ladder = rungs.build(model)
    assert [rung.model for rung in ladder] == names
    assert pipeline.model == first


def test_every_rung_is_timed_measured_and_shares_the_section() -> None:
    _, ladder = rungs.build(Model(ladder=(BIG, SMALL), min_score=0.0, threads=1))
    assert [rung.input_px for rung in ladder] == [(192, 192), (128, 128)]
    assert ladder[0].need_bytes > ladder[1].need_bytes > 2_000_000
    for rung in ladder:
        result = rung.load().run(FRAME)
        assert result.model == rung.model
        assert len(result.findings) == 5


def test_real_models_change_and_results_name_the_one_that_made_them() -> None:
    pipeline, loaded = rungs.build(Model(ladder=(BIG, MIDDLE, SMALL), threads=1))
    now_s = 0.0
    ladder = Ladder(
        pipeline,
        loaded,
        min_fps=1.0,
        clock=lambda: now_s,
        available_bytes=lambda: 10**9,
        in_background=lambda job: job(),
    )
    made_by = []
    for _ in range(50):
        made_by.append(ladder.pipeline.run(FRAME).model)
        ladder.step(0.5, 0.04, "temperature")
        now_s += 1.0
    assert list(dict.fromkeys(made_by)) == [BIG, MIDDLE, SMALL]


def test_the_source_is_told_the_size_that_is_enough_for_every_rung() -> None:
    pipeline, ladder = rungs.build(Model(name=SMALL, ladder=(BIG, SMALL)))
    assert rungs.input_px(pipeline, ladder) == (192, 192)


def test_every_mistake_in_a_ladder_is_told_at_once() -> None:
    table = configured(
        {"name": BIG, "ladder": ["mobilenet_v1_0.5_16", "mobilnet"]},
        limits={},
        rule=[{"type": "presence", "name": "model"}],
    )
    with pytest.raises(ConfigError) as caught:
        assembly.configure(table)
    problems = "\n".join(caught.value.problems)
    assert "did you mean mobilenet_v1_0.5_160?" in problems
    assert "model 'mobilnet': not on the menu" in problems
    assert "limits.min_fps: missing" in problems
    assert "rule 1.name" in problems


def test_a_ladder_needs_the_least_rate() -> None:
    for model in ({"name": BIG, "ladder": [SMALL]}, {"ladder": [BIG, SMALL]}):
        with pytest.raises(ConfigError, match="limits.min_fps: missing; below it the next model"):
            assembly.configure(configured(model, limits={}))
    assembly.configure(configured({"ladder": [SMALL]}, limits={}))
    assembly.configure(configured({"ladder": [BIG, SMALL]}))


def test_no_rule_may_have_the_name_of_a_change_of_model() -> None:
    rule = {"type": "presence", "name": "model"}
    with pytest.raises(ConfigError, match='rule 1.name: "model" is taken'):
        assembly.configure(configured({"name": SMALL}, rule=[rule]))


def test_a_file_of_a_ladder_that_is_missing_is_told_before_the_camera_opens() -> None:
    settings = assembly.configure(configured({"ladder": [SMALL, "absent.tflite"]}))
    with pytest.raises(ModelError, match="absent.tflite"):
        assembly.build(settings)


def test_models_of_two_tasks_are_no_ladder() -> None:
    with pytest.raises(
        ConfigError,
        match=f"{SMALL} is for classification, coco_ssd_mobilenet_v1 for detection; take models of",
    ):
        rungs.build(Model(name="coco_ssd_mobilenet_v1", ladder=(SMALL,)))


def test_a_model_by_name_and_by_its_file_is_there_twice(models: Path) -> None:
    path = str(models / f"{SMALL}_quant.tflite")
    with pytest.raises(ConfigError, match="names a model twice"):
        rungs.build(Model(name=SMALL, ladder=(path,)))


def test_a_word_that_one_rung_lacks_is_refused_with_its_name(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    shutil.copy(models / f"{SMALL}_quant.tflite", path)
    labels = tmp_path / "mine.txt"
    labels.write_text("".join(f"thing {n}\n" for n in range(1001)))
    model = Model(name=BIG, ladder=(str(path),), labels=None, allow=("tench, Tinca tinca",))
    path.with_suffix(".toml").write_text(
        'task = "classification"\nlabels = "mine.txt"\n[decoder]\ntype = "classifier"\n'
    )
    with pytest.raises(
        ConfigError, match=r"model.allow: tench, Tinca tinca: unknown; .* \(for .*mine.tfl"
    ):
        rungs.build(model)


def test_labels_of_the_section_are_for_the_rungs_that_bring_none(
    models: Path, tmp_path: Path
) -> None:
    path = tmp_path / "mine.tflite"
    shutil.copy(models / f"{SMALL}_quant.tflite", path)
    labels = tmp_path / "mine.txt"
    labels.write_text("".join(f"thing {n}\n" for n in range(1001)))
    model = Model(ladder=(BIG, str(path)), labels=labels, min_score=0.0)
    found = [rung.load().run(FRAME).findings[0] for rung in rungs.build(model)[1]]
    assert [getattr(each, "label", "").startswith("thing ") for each in found] == [False, True]


def test_a_ladder_that_is_upside_down_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        rungs.build(Model(ladder=(SMALL, BIG), threads=1))
    assert f"{BIG} is no faster here than {SMALL}" in caplog.text
