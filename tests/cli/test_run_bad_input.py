"""Each mistake is one clear line on standard error, with the right exit status."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.running import SMALL, SSD, Edgeinfer, refused

# Sources that cannot be read.


def test_no_such_clip(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "absent.mp4", "--model", SMALL)
    refused(done, 1, "absent.mp4: no such file")


def test_no_such_device(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "/dev/video97", "--model", SMALL)
    refused(done, 1, "/dev/video97: no such (device|camera)")


def test_an_empty_clip(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "empty.mp4").touch()
    refused(edgeinfer("--source", "empty.mp4", "--model", SMALL), 1, "empty.mp4: ")


def test_a_text_that_is_called_a_clip(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "words.mp4").write_text("no pictures here")
    refused(edgeinfer("--source", "words.mp4", "--model", SMALL), 1, "words.mp4: ")


# Models that do not fit.


def _model_isrefused(edgeinfer: Edgeinfer, words: str, *more: object) -> None:
    done = edgeinfer("--source", "synthetic", "--model", "./x.tflite", *more)
    refused(done, 1, words)


def test_a_text_that_is_called_a_model(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "x.tflite").write_text("no model here")
    _model_isrefused(edgeinfer, "x.tflite: not a TFLite model")


def test_a_truncated_model(edgeinfer: Edgeinfer, models: Path) -> None:
    data = (models / "mobilenet_v1_0.25_128_quant.tflite").read_bytes()
    (edgeinfer.folder / "x.tflite").write_bytes(data[:200_000])
    _model_isrefused(edgeinfer, "x.tflite: not a TFLite model")


@pytest.fixture
def detector(edgeinfer: Edgeinfer, models: Path) -> Path:
    path = edgeinfer.folder / "x.tflite"
    shutil.copy(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite", path)
    return path


@pytest.mark.usefixtures("detector")
def test_a_model_with_no_card_and_no_labels(edgeinfer: Edgeinfer) -> None:
    _model_isrefused(edgeinfer, "x.tflite: no card and no labels; give --labels FILE")


@pytest.mark.usefixtures("detector")
def test_labels_that_do_not_fit(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "few.txt").write_text("cat\ndog\n")
    _model_isrefused(
        edgeinfer, "few.txt: 90 scores but 2 labels; .*another model", "--labels", "few.txt"
    )


@pytest.mark.usefixtures("detector")
def test_no_such_labels(edgeinfer: Edgeinfer) -> None:
    _model_isrefused(edgeinfer, "none.txt: No such file", "--labels", "none.txt")


def test_a_card_whose_roles_do_not_fit_the_tensors(edgeinfer: Edgeinfer, detector: Path) -> None:
    detector.with_suffix(".toml").write_text(
        'task = "detection"\nlabels = "words.txt"\n[decoder]\ntype = "ssd"\n'
        "[roles]\nboxes = 3\nclasses = 1\nscores = 2\ncount = 0\n"
    )
    (edgeinfer.folder / "words.txt").write_text("thing\n" * 90)
    _model_isrefused(edgeinfer, "boxes")


# Words that are wrong.


def test_an_unknown_key_plugin_and_value_are_told_together(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "edgeinfer.toml").write_text(
        f'[source]\ntype = "v4l3"\n[model]\nnam = "x"\nname = "{SSD}"\n[limits]\nmax_fps = 0\n'
    )
    done = edgeinfer("-c", "edgeinfer.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert sorted(line.split(";")[0] for line in done.stderr.splitlines()) == [
        "edgeinfer: limits.max_fps: 0 should be greater than or equal to 0.001",
        "edgeinfer: model.nam: unknown",
        "edgeinfer: source.type: source 'v4l3': unknown",
    ]


def test_an_unknown_menu_name(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "synthetic", "--model", "coco_ssd_mobilnet_v1")
    refused(done, 2, f"not on the menu; did you mean {SSD}?")


def test_an_unknown_sink(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "synthetic", "--model", SMALL, "--sink", "mqqt://x")
    refused(done, 2, "sink 'mqqt': unknown; did you mean 'mqtt'?")


def test_an_unknown_scene(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer("--source", "synthetic:mars", "--model", SMALL)
    refused(done, 2, "source.scene: 'mars' should be 'signs'")


def test_no_source_and_no_model(edgeinfer: Edgeinfer) -> None:
    done = edgeinfer()
    assert done.returncode == 2
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [
        "edgeinfer: model: missing",
        "edgeinfer: source: missing",
    ]


def test_no_such_configuration(edgeinfer: Edgeinfer) -> None:
    refused(edgeinfer("-c", "absent.toml"), 2, "absent.toml: No such file")


def test_the_report_and_the_results_do_not_share_standard_output(edgeinfer: Edgeinfer) -> None:
    words = ("--source", "synthetic", "--model", SMALL, "--json", "--sink", "jsonl:-")
    refused(edgeinfer(*words), 2, "choose one")


@pytest.mark.parametrize(
    ("toml", "argument", "words"),
    [
        ('model = "x.tflite"', ("--threads", 2), "model: should be a table"),
        ("limits = 4", ("--max-fps", 2), "limits: should be a table"),
        ("sink = 7", ("--json",), "sink: should be a list of tables"),
        ('device = "porch"', ("--device", "yard"), "device: should be a table"),
    ],
)
def test_a_section_that_is_no_table_is_told_though_an_argument_goes_into_it(
    toml: str, argument: tuple[object, ...], words: str, edgeinfer: Edgeinfer
) -> None:
    (edgeinfer.folder / "edgeinfer.toml").write_text(
        toml + '\n[source]\ntype = "synthetic"\n' + ("" if "model" in toml else _MODEL)
    )
    refused(edgeinfer("-c", "edgeinfer.toml", *argument), 2, words)


_MODEL = f'[model]\nname = "{SMALL}"\n'


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--threads", "x"), "'x' is not a valid integer"),
        (("--frames", 0), "0 is not in the range"),
        (("--surce", "x"), "[Nn]o such option"),
        (("--sink", "mqtt:localhost"), "write mqtt://host:1883"),
        (("--device", "a/b"), "device: name 'a/b' cannot stand in a topic"),
    ],
)
def test_a_wrong_argument_is_one_line(
    words: tuple[object, ...], told: str, edgeinfer: Edgeinfer
) -> None:
    refused(edgeinfer("--source", "synthetic", "--model", SMALL, *words), 2, told)


def test_a_misspelt_label_is_told_with_the_nearest(edgeinfer: Edgeinfer) -> None:
    (edgeinfer.folder / "edgeinfer.toml").write_text(
        f'[model]\nname = "{SSD}"\nallow = ["trian"]\n'
    )
    done = edgeinfer("-c", "edgeinfer.toml", "--source", "synthetic")
    refused(done, 2, "model.allow: trian: unknown; did you mean train?")
