"""Rules that are tried, on made-up results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edgeinfer.core.results import Event, Result
from edgeinfer.errors import ConfigError
from edgeinfer.sinks.dashboard.trial import Trial
from tests.sinks.dashboard.serving import result, setup
from tests.sinks.dashboard.test_history import Clock

ZONE = {
    "type": "zone",
    "name": "step",
    "settle_s": 0.1,
    "polygon": [[0.4, 0.0], [1.0, 0.0], [1.0, 1.0], [0.4, 1.0]],
}


class Told:
    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []

    def __call__(self, kind: str, document: dict[str, Any]) -> None:
        assert kind == "trial"
        self.all.append(document)


class Failing:
    def update(self, result: Result) -> Sequence[Event]:
        raise RuntimeError("no such line")


def test_its_events_are_told_until_it_is_ended() -> None:
    told = Told()
    trial = Trial(told)
    trial.begin(partial(setup().make_rules, [ZONE]))
    for seq in range(8):
        trial.update(result(seq))
    assert [document["kind"] for document in told.all] == ["occupied"]
    assert told.all[0]["words"].startswith("step is occupied")
    trial.end()
    for seq in range(8, 20):
        trial.update(result(seq, inside=False))
    assert len(told.all) == 1


def test_it_ends_by_itself() -> None:
    told, clock = Told(), Clock()
    trial = Trial(told, clock)
    trial.begin(partial(setup().make_rules, [ZONE]))
    clock.now_s += 601
    for seq in range(8):
        trial.update(result(seq))
    assert not told.all


def test_a_rule_that_fails_ends_the_trial_and_nothing_else() -> None:
    told = Told()
    trial = Trial(told)
    trial.begin(lambda _: (Failing(),))
    for seq in range(3):
        trial.update(result(seq))
    assert told.all == [{"error": "rule: failed: no such line; look at its options"}]


def test_rules_that_cannot_be_made_leave_the_trial_before_them() -> None:
    told = Told()
    trial = Trial(told)
    trial.begin(partial(setup().make_rules, [ZONE]))
    with pytest.raises(ConfigError, match="zne"):
        trial.begin(partial(setup().make_rules, [{"type": "zne"}]))
    for seq in range(8):
        trial.update(result(seq))
    assert told.all
    trial.end()


def test_what_it_keeps_on_disk_is_gone_afterwards() -> None:
    folders: list[Path] = []
    trial = Trial(Told())

    def make(folder: Path) -> tuple[()]:
        assert folder.is_dir()
        folders.append(folder)
        return ()

    trial.begin(make)
    trial.end()
    assert not folders[0].exists()
