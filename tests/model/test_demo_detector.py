"""The detector that comes along, on drawn pictures of seeds that its training never saw."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edgeinfer.assembly import open_pipeline
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Detection
from edgeinfer.model import menu, weights
from edgeinfer.sources.scenes import named
from edgeinfer.sources.scenes.scene import Truth

_MOST_BYTES = 400_000
_INSTANTS_S = range(3, 63, 4)


def _pictures(scene: str, seed: int) -> Iterator[tuple[list[Truth], list[Detection]]]:
    """What is there and large enough, and what is found."""
    pipeline, drawn = open_pipeline("demo_detector", threads=1), named.make(scene, seed)
    for t_s in _INSTANTS_S:
        pixels, truths = drawn.draw(t_s)
        found = pipeline.run(Frame(pixels, 0, 0, 0, scene)).findings
        plain = [one for one in truths if one.visible_share > 0.6 and one.box.width > 0.05]
        yield plain, [one for one in found if isinstance(one, Detection)]


def test_it_is_small_and_the_one_that_its_card_names() -> None:
    card = menu.find("demo_detector")
    path = weights.locate(card)
    assert path is not None
    weights.verify(path, card)
    assert path.stat().st_size <= _MOST_BYTES
    assert "drawn" in card.summary


@pytest.mark.parametrize(("scene", "label"), [("railway", "train"), ("parking", "car")])
def test_nearly_all_that_can_be_seen_well_is_found_where_it_is(scene: str, label: str) -> None:
    there = hits = 0
    for truths, found in _pictures(scene, seed=400_001):
        wanted = [truth.box for truth in truths if truth.label == label]
        boxes = [one.box for one in found if one.label == label]
        there += len(wanted)
        hits += sum(any(box.iou(other) >= 0.5 for other in boxes) for box in wanted)
    assert there >= 5
    assert hits / there >= 0.9


@pytest.mark.parametrize(("scene", "label"), [("railway", "car"), ("parking", "train")])
def test_it_seldom_sees_what_is_not_there(scene: str, label: str) -> None:
    wrong = sum(
        label in [one.label for one in found if one.score >= 0.6]
        for truths, found in _pictures(scene, seed=400_001)
        if label not in [truth.label for truth in truths]
    )
    assert wrong <= 1
