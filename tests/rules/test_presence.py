from __future__ import annotations

from typing import Any

import pytest

from edgeinfer.core.results import Classification, Detection
from edgeinfer.rules.presence import PresenceRule
from tests.rules.scenes import car, chance, kinds, moments, play, seconds_of


def presence(**options: Any) -> PresenceRule:
    return PresenceRule("cat", PresenceRule.Options(**options))


@pytest.mark.parametrize("fps", [1, 2, 5, 10, 30])
def test_a_label_comes_and_goes_once(fps: int) -> None:
    def scene(seconds: float) -> list[Detection]:
        return [car(0.5, label="cat")] if 10 <= seconds < 20 else [car(0.5, label="dog")]

    here, gone = play(presence(labels=("cat",)), scene, moments(fps, 40))
    assert kinds([here, gone]) == ["here", "gone"]
    assert seconds_of(here) <= 10.5 + 1 / fps
    assert seconds_of(gone) <= 21 + 2 / fps
    assert here.facts == {"label": "cat", "score": 0.7, "began": "2026-11-24T12:00:10.000Z"}
    assert gone.facts["duration_s"] == pytest.approx(10, abs=1.01 / fps)


def test_a_classification_counts_as_well() -> None:
    def scene(seconds: float) -> list[Classification]:
        return [Classification("cat" if 5 <= seconds < 10 else "dog", 0.8)]

    assert kinds(play(presence(labels=("cat",)), scene, moments(10, 15))) == ["here", "gone"]


@pytest.mark.parametrize("seed", range(5))
def test_flicker_gives_one_event(seed: int) -> None:
    random = chance(seed)

    def scene(seconds: float) -> list[Detection]:
        seen = random.random() < (0.75 if 10 <= seconds < 60 else 0.02)
        return [car(0.5, label="cat", score=random.uniform(0.5, 0.8))] if seen else []

    assert kinds(play(presence(), scene, moments(15, 80))) == ["here", "gone"]


def test_several_labels_are_one() -> None:
    def scene(seconds: float) -> list[Detection]:
        label = "cat" if int(seconds * 2) % 2 else "dog"
        return [car(0.5, label=label)] if 5 <= seconds < 15 else []

    events = play(presence(labels=("cat", "dog")), scene, moments(10, 20))
    assert kinds(events) == ["here", "gone"]


def test_the_threshold_of_a_label_counts_for_that_label_alone() -> None:
    def scene(seconds: float) -> list[Detection]:
        return [car(0.5, label="dog" if seconds < 5 else "cat", score=0.4)]

    events = play(presence(scores={"dog": 0.6, "cat": 0.3}), scene, moments(10, 10))
    assert [(e.kind, e.facts["label"]) for e in events] == [("here", "cat")]


def test_no_label_at_all_means_any_label() -> None:
    assert kinds(play(presence(), lambda _: [car(0.5, label="owl")], moments(10, 5))) == ["here"]


def test_hysteresis_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="gone_score 0.4 should be below here_score 0.3"):
        presence(gone_score=0.4)
