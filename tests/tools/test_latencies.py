from __future__ import annotations

import pytest

from edgeinfer.model import boards
from edgeinfer.model.published import published
from edgeinfer.tools.latencies import OnPaper, OtherPeoples
from tests.tools.boards import row

ROWS = {(r.name, r.dtype): r for r in published()}


def test_on_paper_a_mac_is_two_operations() -> None:
    found = OnPaper(500).of(row("m", macs=250_000_000))
    assert found
    assert (found.ms, found.kind) == (1000.0, "computed")


def test_on_paper_nothing_is_known_of_a_model_without_macs() -> None:
    board, unknown = OnPaper(500), row("m", macs=None)
    assert board.of(unknown) is None
    assert board.unknown(unknown) == "MACs not published"


def test_other_people_s_figures_are_marked_as_theirs() -> None:
    board = OtherPeoples(boards.find("pi4"), coral=False)
    own = board.of(ROWS["mobilenet_v1_1.0_224", "float32"])
    scaled = board.of(ROWS["mobilenet_v1_0.5_160", "float32"])
    assert own
    assert scaled
    assert (own.ms, own.kind) == (61.17, "published")
    assert "ncnn" in own.origin
    assert scaled.kind == "scaled"
    assert any("other people's figures" in note for note in board.notes())


def test_what_nobody_measured_is_unknown() -> None:
    board = OtherPeoples(boards.find("pi5"), coral=False)
    classifier = ROWS["mobilenet_v1_1.0_224", "uint8"]
    assert board.of(classifier) is None
    assert board.unknown(classifier) == "no published latency"


@pytest.mark.parametrize("name", ["pi3b+", "pi4"])
def test_a_coral_runs_8_bits_alone_and_its_own_files(name: str) -> None:
    board = OtherPeoples(boards.find(name), coral=True)
    assert {r.dtype for r in published() if board.runs(r)} <= {"uint8", "int8"}
    found = board.of(ROWS["ssdlite_mobiledet_edgetpu", "uint8"])
    assert found
    assert "Coral" in found.origin
    without = OtherPeoples(boards.find(name), coral=False)
    assert not any(r.edgetpu for r in published() if without.runs(r))
