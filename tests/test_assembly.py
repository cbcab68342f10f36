from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edgeinfer import assembly
from edgeinfer.core.results import Classification
from edgeinfer.engines.litert import LitertEngine
from edgeinfer.errors import ConfigError, EdgeinferError, ModelError
from edgeinfer.model import menu

SMALL = "mobilenet_v1_0.25_128"


@pytest.fixture(autouse=True)
def _weights(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEINFER_MODELS", str(models))


@pytest.fixture
def lonely(models: Path, tmp_path: Path) -> Path:
    """A detector's file with no card beside it and no labels inside."""
    path = tmp_path / "lonely.tflite"
    shutil.copy(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite", path)
    return path


def test_a_whole_configuration_becomes_its_parts(tmp_path: Path) -> None:
    settings = assembly.configure(
        {
            "source": {"type": "synthetic", "frames": 3},
            "model": {"name": SMALL, "threads": 1, "min_score": 0.0},
            "limits": {"max_fps": 5},
            "sink": [{"type": "jsonl", "path": str(tmp_path / "out.jsonl")}],
        }
    )
    parts = assembly.build(settings)
    assert parts.pipeline.model == SMALL
    assert isinstance(parts.pipeline.engine, LitertEngine)
    assert parts.pipeline.engine.threads == 1
    assert parts.limits.max_fps == 5
    assert not parts.source.live
    with parts.source as source:
        frame = source.read()
    assert frame is not None
    assert len(parts.pipeline.run(frame).findings) == 5, "the classifier's top five"


def test_nothing_outside_is_touched_before_the_service_runs(tmp_path: Path) -> None:
    """An absent camera and an absent broker do not keep the parts from being made."""
    settings = assembly.configure(
        {
            "source": {"type": "video", "uri": str(tmp_path / "absent.mp4")},
            "model": {"name": SMALL},
            "sink": [{"type": "mqtt", "uri": "mqtt://127.0.0.1:1"}],
        }
    )
    assert assembly.build(settings).sinks


def test_a_script_opens_a_pipeline_and_a_source_by_a_word_each() -> None:
    pipeline = assembly.open_pipeline(SMALL, min_score=0.0, threads=1)
    with assembly.open_source("synthetic:signs", frames=2) as source:
        frames = list(iter(source.read, None))
    found = pipeline.run(frames[1]).findings[0]
    assert isinstance(found, Classification)


def test_a_wrong_setting_of_a_script_is_told_as_in_a_file() -> None:
    with pytest.raises(ConfigError, match="model.min_scor: unknown; did you mean min_score?"):
        assembly.open_pipeline(SMALL, min_scor=0.5)
    with pytest.raises(ConfigError, match="source.fpss: unknown; did you mean fps?"):
        assembly.open_source("synthetic:signs", fpss=3)


def test_a_model_with_no_card_and_no_labels_says_what_to_give(lonely: Path) -> None:
    with pytest.raises(ModelError, match="no card and no labels; give --labels FILE"):
        assembly.open_pipeline(lonely)


def test_a_model_with_labels_needs_no_card(lonely: Path) -> None:
    labels = menu.find("coco_ssd_mobilenet_v1").labels_path
    assert assembly.open_pipeline(lonely, labels=labels).model == "lonely"


def test_labels_of_a_detector_that_do_not_fit_are_an_error(lonely: Path, tmp_path: Path) -> None:
    card = menu.find("coco_ssd_mobilenet_v1")
    assert card.labels_path
    words = card.labels_path.read_text(encoding="utf-8")
    (tmp_path / "off_by_one.txt").write_text("background\n" + words, encoding="utf-8")
    with pytest.raises(ModelError, match="90 scores but 91 labels; .*'background'.*delete it"):
        assembly.open_pipeline(lonely, labels=tmp_path / "off_by_one.txt")


def test_labels_of_a_classifier_that_do_not_fit_are_an_error(tmp_path: Path) -> None:
    labels = menu.find(SMALL).labels_path
    assert labels
    lines = labels.read_text(encoding="utf-8").splitlines()
    (tmp_path / "short.txt").write_text("\n".join(lines[1:]), encoding="utf-8")
    with pytest.raises(ModelError, match="1001 scores but 1000 labels; .*'background'"):
        assembly.open_pipeline(SMALL, labels=tmp_path / "short.txt")


def test_a_card_whose_roles_do_not_fit_the_tensors_is_an_error(lonely: Path) -> None:
    card = menu.find("coco_ssd_mobilenet_v1")
    words = card.labels_path
    assert words
    shutil.copy(words, lonely.parent / "words.txt")
    lonely.with_suffix(".toml").write_text(
        'task = "detection"\nlabels = "words.txt"\n'
        "[roles]\nboxes = 1\nclasses = 0\nscores = 2\ncount = 3\n"
        '[decoder]\ntype = "ssd"\n'
    )
    with pytest.raises(ModelError, match="boxes"):
        assembly.open_pipeline(lonely)


def test_a_card_with_an_unknown_decoder_option_is_an_error(lonely: Path) -> None:
    words = menu.find("coco_ssd_mobilenet_v1").labels_path
    lonely.with_suffix(".toml").write_text(
        f'task = "detection"\nlabels = "{words}"\n[decoder]\ntype = "ssd"\nbox = 3\n'
    )
    with pytest.raises(ModelError, match="box: unknown"):
        assembly.open_pipeline(lonely)


def test_a_model_without_findings_says_so() -> None:
    with pytest.raises(ModelError, match="embedding"):
        assembly.open_pipeline("mobilenet_v1_1.0_224_embedding")


def test_a_menu_model_whose_file_was_changed_is_refused(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray((models / "mobilenet_v1_0.25_128_quant.tflite").read_bytes())
    data[300_000] ^= 1
    (tmp_path / "mobilenet_v1_0.25_128_quant.tflite").write_bytes(data)
    monkeypatch.setenv("EDGEINFER_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="sha256"):
        assembly.open_pipeline(SMALL)


NOT_RUN = {
    "invalid_model_invoking_error": "unresolved custom op",
    "mobilenet_v1_0.25_128_edgetpu": "libedgetpu",
    "mobilenet_v1_1.0_224_embedding": "names no decoder",
}


@pytest.mark.parametrize("name", sorted(card.name for card in menu.cards()))
def test_every_card_of_the_menu_gives_a_pipeline_or_one_clear_line(name: str) -> None:
    if name in NOT_RUN:
        with pytest.raises(EdgeinferError, match=f"^[^\n]*{NOT_RUN[name]}[^\n]*$"):
            assembly.open_pipeline(name)
        return
    with assembly.open_source("synthetic:signs", frames=1) as source:
        frame = source.read()
    assert frame is not None
    assert assembly.open_pipeline(name).run(frame).model == name


def test_a_label_that_the_model_does_not_have_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        assembly.open_pipeline(
            "coco_ssd_mobilenet_v1", allow=["trian"], deny=["cat"], scores={"persn": 0.3}
        )
    assert caught.value.problems == (
        "model.allow: trian: unknown; did you mean train?",
        "model.scores: persn: unknown; did you mean person?",
    )


def test_a_card_without_labels_for_a_detector_says_what_is_missing(lonely: Path) -> None:
    lonely.with_suffix(".toml").write_text('task = "detection"\n[decoder]\ntype = "ssd"\n')
    with pytest.raises(ModelError, match="90 scores but 0 labels; name the model's label file"):
        assembly.open_pipeline(lonely)


def test_what_the_parts_find_wrong_is_told_together(tmp_path: Path) -> None:
    table = {
        "source": {"type": "synthetic", "rotation": 45, "region": [0.5, 0, 0.4, 1]},
        "model": {"name": "coco_ssd_mobilenet"},
        "sink": [
            {"type": "mqtt", "uri": "mqtts://h", "ca": str(tmp_path / "no.pem")},
            {"type": "mqtt", "uri": "http://h"},
            {"type": "jsonl", "pth": "x"},
        ],
    }
    with pytest.raises(ConfigError) as caught:
        assembly.configure(table)
    told = "\n".join(caught.value.problems)
    for words in (
        "source.rotation: 45 should be",
        "source: region",
        "did you mean coco_ssd_mobilenet_v1?",
        "no.pem: no such file",
        "scheme 'http' is unknown",
        "sink 3.pth: unknown",
        "sink 3.path: missing",
    ):
        assert told.count(words) == 1, (words, told)


def test_a_model_for_an_accelerator_names_its_twin_for_the_cpu() -> None:
    with pytest.raises(EdgeinferError, match="without it take --model mobilenet_v1_0.25_128$"):
        assembly.open_pipeline("mobilenet_v1_0.25_128_edgetpu")


def test_a_password_in_a_wrong_value_is_not_repeated() -> None:
    table = {"source": {"type": "video", "uri": ["rtsp://u:topsecret@h/x"]}, "model": {"name": "x"}}
    with pytest.raises(ConfigError) as caught:
        assembly.configure(table)
    assert "source.uri: should be a valid string" in str(caught.value)
    assert "topsecret" not in str(caught.value)
