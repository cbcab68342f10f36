from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edgeinfer.errors import EngineError
from edgeinfer.runtime import on_cpu
from edgeinfer.sections import Model

EDGE_TPU, ITS_CPU = "mobilenet_v1_0.25_128_edgetpu", "mobilenet_v1_0.25_128"


@pytest.fixture(autouse=True)
def here(models: Path) -> Path:
    """The weights of the menu."""
    return models


def test_the_card_says_what_does_the_same_on_the_cpu() -> None:
    found = on_cpu.instead(Model(name=EDGE_TPU, min_score=0.3))
    assert found == Model(name=ITS_CPU, min_score=0.3)


def test_the_delegate_is_the_cards_where_the_section_names_none() -> None:
    assert on_cpu.delegate_of(Model(name=EDGE_TPU)) == "libedgetpu.so.1"
    assert on_cpu.delegate_of(Model(name=EDGE_TPU, delegate="other.so")) == "other.so"
    assert on_cpu.delegate_of(Model(name=ITS_CPU)) is None


def test_a_model_that_needs_no_delegate_runs_without_it() -> None:
    found = on_cpu.instead(Model(name=ITS_CPU, delegate="gpu.so", delegate_options={"a": "b"}))
    assert found == Model(name=ITS_CPU)


def test_a_file_that_was_compiled_for_an_edge_tpu_has_nothing_in_its_place(
    here: Path, tmp_path: Path
) -> None:
    compiled = next(here.rglob("*0.25_128*edgetpu*.tflite"))
    mine = shutil.copy(compiled, tmp_path / "mine.tflite")
    assert on_cpu.instead(Model(path=Path(mine), delegate="libedgetpu.so.1")) is None


def test_a_ladder_becomes_one_of_cpu_models_each_once() -> None:
    ladder = (EDGE_TPU, ITS_CPU, "coco_ssd_mobilenet_v1")
    found = on_cpu.instead(Model(ladder=ladder))
    assert found == Model(ladder=(ITS_CPU, "coco_ssd_mobilenet_v1"))
    assert on_cpu.instead(Model(ladder=(EDGE_TPU, ITS_CPU))) == Model(name=ITS_CPU)


def test_a_trial_says_why_the_delegate_does_not_work() -> None:
    with pytest.raises(EngineError, match="delegate libnothing.so: cannot be loaded"):
        on_cpu.trial(Model(name=ITS_CPU, delegate="libnothing.so"))()
