from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from edgeinfer.errors import ModelError
from edgeinfer.model import cost, menu, skeletons
from edgeinfer.model.published import Published, published, read

WRITTEN = [row for row in published() if row.family in skeletons.FAMILIES]

TABLE = """
family = "tiny"
task = "classification"
models = [{ px = 32, parameters = 1000, accuracy = { float32 = 50.0 } }]

[evaluation.float32]
comparable = "a"
metric = "top-1"
test_set = "b"
source = "c"
weights = "https://d/{name}_{width}_{px}"
"""


def named(name: str, dtype: str) -> Published:
    (row,) = [row for row in published() if (row.name, row.dtype) == (name, dtype)]
    return row


def test_the_menu_has_every_mobilenet_of_the_tables_in_float_and_in_8_bits() -> None:
    counts = Counter((row.family, row.dtype) for row in published())
    assert counts["mobilenet_v1", "float32"] == counts["mobilenet_v1", "uint8"] == 16
    assert counts["mobilenet_v2", "float32"] == counts["mobilenet_v2", "uint8"] == 22
    families = {row.family for row in published()}
    assert families >= {
        "mobilenet_v3",
        "efficientnet_lite",
        "ssd_mobilenet_v1",
        "efficientdet_lite",
    }


def test_every_row_says_where_it_is_from() -> None:
    for row in published():
        evaluation = row.evaluation
        assert evaluation.source, row.name
        assert evaluation.test_set, row.name
        assert row.weights.startswith(("http://", "https://"))
        assert "{" not in row.weights


def test_no_model_is_twice_on_the_menu() -> None:
    counts = Counter((row.name, row.dtype) for row in published())
    assert set(counts.values()) == {1}


def test_a_group_that_compares_has_one_task_one_metric_and_one_test_set() -> None:
    groups: dict[str, set[tuple[str, str, str]]] = {}
    for row in published():
        about = (row.task, row.evaluation.metric, row.evaluation.test_set)
        groups.setdefault(row.comparable, set()).add(about)
    assert {len(about) for about in groups.values()} == {1}


@pytest.mark.parametrize("row", WRITTEN, ids=lambda row: f"{row.name}-{row.dtype}")
def test_what_is_called_counted_is_what_the_written_model_costs(
    row: Published, tmp_path: Path
) -> None:
    path = tmp_path / "written.tflite"
    path.write_bytes(skeletons.write(row.family, row.width, row.px, row.dtype))
    found = cost.read(path)
    assert row.counted
    assert row.macs == found.macs
    # A detector's file holds its anchors too, 1,917 boxes of four numbers.
    assert row.parameters == pytest.approx(found.parameters, rel=0.003)
    assert row.size_bytes == pytest.approx(found.file_bytes, rel=0.08)


@pytest.mark.parametrize(
    "row",
    [row for row in WRITTEN if row.task == "classification"],
    ids=lambda row: f"{row.name}-{row.dtype}",
)
def test_the_activations_are_those_of_the_written_model(row: Published, tmp_path: Path) -> None:
    path = tmp_path / "written.tflite"
    path.write_bytes(skeletons.write(row.family, row.width, row.px, row.dtype))
    assert row.activation_bytes == cost.read(path).activation_peak_bytes


def test_a_model_that_cannot_be_written_says_that_its_macs_are_others_word() -> None:
    row = named("efficientnet_lite0", "int8")
    assert not row.counted
    assert row.macs == row.published_macs == 407_000_000


def test_a_published_figure_that_is_off_stands_beside_the_counted_one() -> None:
    row = named("mobilenet_v1_0.75_192", "uint8")
    assert (row.macs, row.published_macs) == (239_274_240, 233_000_000)


def test_the_rule_for_sizes_is_near_every_real_file(models: Path) -> None:
    from edgeinfer.model.published import FILE_OVERHEAD_BYTES

    real = [row for row in WRITTEN if row.dtype == "uint8"]
    checked = 0
    for row in real:
        card = _card(row)
        if card is None or row.parameters is None:
            continue
        size_bytes = (models / card).stat().st_size
        assert row.size_bytes == size_bytes
        assert row.parameters + FILE_OVERHEAD_BYTES == pytest.approx(size_bytes, rel=0.03)
        checked += 1
    assert checked == 5


def _card(row: Published) -> str | None:
    """The weights file of the menu that a row is about."""
    weights = menu.find(row.card).weights if row.card else None
    return weights.file if weights else None


def test_every_published_model_on_the_menu_is_named_there() -> None:
    named_alike = {card.name for card in menu.cards()} & {row.name for row in published()}
    named = {row.card for row in published() if row.card}
    assert named == named_alike | {"coco_ssd_mobilenet_v1"}


@pytest.mark.parametrize("row", [r for r in published() if r.card], ids=lambda row: row.name)
def test_the_menu_s_file_is_the_published_model(row: Published, models: Path) -> None:
    file = _card(row)
    assert file
    assert cost.read(models / file).macs == row.macs


def test_a_table_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tiny.toml"
    path.write_text(TABLE)
    (row,) = read(path)
    assert (row.name, row.size_bytes, row.weights) == (
        "tiny_1.0_32",
        54_000,
        "https://d/tiny_1.0_32_1.0_32",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("px = 32", "px = -1", "px"),
        ("parameters = 1000,", "", "give its parameters or its bytes"),
        ("float32 = 50.0", "float32 = 50.0, int8 = 3", "evaluation is missing for int8"),
        ("float32 = 50.0", "float32 = 150.0", "accuracy"),
        ('task = "classification"', 'task = "guessing"', "task"),
        ('metric = "top-1"', 'metre = "top-1"', "metr"),
    ],
)
def test_a_mistake_in_a_table_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "tiny.toml"
    assert old in TABLE
    path.write_text(TABLE.replace(old, new))
    with pytest.raises(ModelError, match=said) as caught:
        read(path)
    assert str(path) in str(caught.value)
