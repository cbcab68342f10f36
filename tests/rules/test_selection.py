from __future__ import annotations

from dataclasses import replace

from edgeinfer.core.results import Classification, Pose
from edgeinfer.rules.selection import LabelOptions, clearest
from tests.rules.scenes import car


def test_labels_and_their_thresholds_choose_what_is_wanted() -> None:
    options = LabelOptions(labels=("car", "bus"), scores={"bus": 0.6})
    found = [
        car(0.2),
        car(0.5, label="bus"),
        car(0.5, label="bus", score=0.5),
        car(0.8, label="cat"),
    ]
    assert [(f.label, f.score) for f in options.findings(found)] == [("car", 0.7), ("bus", 0.7)]


def test_what_has_no_label_is_not_meant() -> None:
    assert LabelOptions().findings([Pose(0.9, ()), Classification("cat", 0.5)]) == [
        Classification("cat", 0.5)
    ]


def test_strengths_of_labels_compare_though_their_thresholds_differ() -> None:
    options = LabelOptions(scores={"train": 0.4, "bus": 0.6})
    train, bus = car(0.5, label="train", score=0.5), car(0.5, label="bus", score=0.6)
    assert clearest([bus, train], options) is train
    assert options.strength(bus) == 0.5
    assert options.strength(car(0.5, label="train", score=0.9)) == 1.0


def test_of_an_object_under_two_labels_the_older_track_is_kept() -> None:
    young, old = replace(car(0.5, score=0.9), track=4), replace(car(0.5, label="bus"), track=2)
    assert LabelOptions().objects([young, old]) == [old]
    assert LabelOptions().objects([car(0.5, label="bus"), car(0.5, score=0.9)]) == [
        car(0.5, score=0.9)
    ], "and without tracks the clearer one"
