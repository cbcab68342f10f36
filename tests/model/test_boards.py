from __future__ import annotations

from dataclasses import replace

import pytest

from edgeinfer.errors import ConfigError
from edgeinfer.model import boards
from edgeinfer.model.boards import Board, Latency, Series, figure, find
from edgeinfer.model.published import Published, published

ROWS = {(row.name, row.dtype): row for row in published()}
BIG = ROWS["mobilenet_v1_1.0_224", "float32"]
SMALL = ROWS["mobilenet_v1_0.25_128", "float32"]


def board(*latencies: Latency, coral: bool = False) -> Board:
    return Board("a board", (Series("somebody", "TFLite 1", latencies, 2020, 4, coral),))


def test_every_latency_of_every_board_is_of_a_model_on_the_menu() -> None:
    assert set(boards.names()) == {"pi3b+", "pi4", "pi5", "zero2w"}
    known = {(row.name, row.dtype) for row in published()}
    found = [
        (latency.model, latency.dtype)
        for name in boards.names()
        for series in find(name).series
        for latency in series.latencies
    ]
    assert found
    assert set(found) <= known


def test_a_measured_model_keeps_its_own_figure() -> None:
    found = figure(board(Latency(BIG.name, "float32", 60.0)), BIG, coral=False)
    assert found
    assert (found.ms, found.scaled_from) == (60.0, None)
    assert found.origin == "somebody; TFLite 1, 4 threads, 2020"


def test_a_sibling_is_scaled_by_macs_and_says_so() -> None:
    found = figure(board(Latency(BIG.name, "float32", 60.0)), SMALL, coral=False)
    assert found
    assert SMALL.macs
    assert BIG.macs
    assert found.ms == pytest.approx(60.0 * SMALL.macs / BIG.macs)
    assert found.origin.endswith("scaled by MACs from mobilenet_v1_1.0_224")


def test_the_sibling_nearest_in_macs_is_scaled() -> None:
    near = ROWS["mobilenet_v1_0.25_160", "float32"]
    both = board(Latency(BIG.name, "float32", 60.0), Latency(near.name, "float32", 4.0))
    found = figure(both, SMALL, coral=False)
    assert found
    assert found.scaled_from == near.name


@pytest.mark.parametrize("row", published(), ids=lambda row: f"{row.name}-{row.dtype}")
def test_no_latency_is_scaled_over_the_border_of_a_family_or_of_its_bits(row: Published) -> None:
    found = figure(board(Latency(BIG.name, "float32", 60.0)), row, coral=False)
    alike = row.family == BIG.family and not row.is_8_bit
    assert (found is not None) == alike


def test_a_coral_s_figure_is_never_scaled_down() -> None:
    big, small = (ROWS[row.name, "uint8"] for row in (BIG, SMALL))
    with_coral = board(Latency(small.name, "uint8", 0.9), coral=True)
    assert figure(with_coral, small, coral=False) is None
    larger = figure(with_coral, big, coral=True)
    assert larger
    assert larger.ms > 0.9
    smaller = figure(board(Latency(big.name, "uint8", 4.2), coral=True), small, coral=True)
    assert smaller
    assert smaller.ms == 4.2


def test_a_model_without_macs_has_only_its_own_figure() -> None:
    row = ROWS["efficientdet_lite0", "int8"]
    own = board(Latency(row.name, "int8", 78.0))
    assert figure(own, row, coral=False)
    assert figure(own, replace(row, name="efficientdet_lite1"), coral=False) is None


def test_a_misspelt_board_is_met_with_the_right_one() -> None:
    with pytest.raises(ConfigError, match=r"board 'pi44': unknown; did you mean pi4\?"):
        find("pi44")
