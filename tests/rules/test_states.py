"""What each rule shows of how things stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edgeinfer.core.about import Shown
from edgeinfer.core.contracts import ShowingRule
from edgeinfer.core.geometry import Box
from edgeinfer.core.results import Detection, Finding
from edgeinfer.rules.count import CountRule
from edgeinfer.rules.crossing import CrossingRule
from edgeinfer.rules.dwell import DwellRule
from edgeinfer.rules.passage import PassageRule
from edgeinfer.rules.presence import PresenceRule
from edgeinfer.rules.zone import ZoneRule
from tests.rules.scenes import Scene, moments, play

RULES: list[ShowingRule] = [
    PresenceRule("here"),
    PassageRule("train"),
    PassageRule("fast", PassageRule.Options(metres_per_picture_width=30)),
    ZoneRule("bay"),
    ZoneRule("gate", ZoneRule.Options(loiter_s=5)),
    CrossingRule("line", CrossingRule.Options(line=((0.5, 0), (0.5, 1)))),
    DwellRule("stay"),
]
_KINDS: dict[str, tuple[type, ...]] = {
    "yes_no": (bool,),
    "number": (int, float),
    "total": (int,),
    "text": (str,),
}


def walker(seconds: float) -> list[Finding]:
    """Goes through the picture from 1 s to 5 s, from left to right."""
    left = (seconds - 1) / 4 * 0.8
    return [Detection("person", 0.9, Box(left, 0.4, left + 0.2, 0.8))] if 1 <= seconds <= 5 else []


def nobody(_: float) -> list[Finding]:
    return []


def after(rule: Any, scene: Scene, seconds: float) -> Mapping[str, Any]:
    play(rule, scene, moments(15, seconds))
    state: Mapping[str, Any] = rule.state
    return state


def says(state: Mapping[str, Any], shows: Mapping[str, Shown]) -> bool:
    return state.keys() == shows.keys() and all(
        value is None or isinstance(value, _KINDS[shows[key].kind]) for key, value in state.items()
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_promised_from_the_start_and_through_a_scene(rule: ShowingRule) -> None:
    assert isinstance(rule, ShowingRule)
    assert says(rule.state, rule.shows)
    kinds = {event.kind for event in play(rule, walker, moments(15, 9))}
    assert kinds <= set(rule.kinds)
    assert says(rule.state, rule.shows)


def test_presence() -> None:
    assert after(PresenceRule("here"), walker, 4) == {"present": True}
    assert after(PresenceRule("here"), walker, 9) == {"present": False}


def test_passage_keeps_what_it_knows_of_the_last_one() -> None:
    rule = PassageRule("train")
    assert after(rule, walker, 4) == {
        "passing": True,
        "count": 0,
        "direction": None,
        "duration_s": None,
    }
    state = after(PassageRule("train"), walker, 9)
    assert (state["passing"], state["count"]) == (False, 1)
    assert state["direction"] == "left_to_right"
    assert state["duration_s"] == pytest.approx(4, abs=0.3)


def test_zone() -> None:
    rule = ZoneRule("bay", ZoneRule.Options(settle_s=0.5, loiter_s=1))
    assert after(rule, walker, 4) == {"occupied": True, "count": 1, "loitering": True}
    assert after(rule, nobody, 9) == {"occupied": False, "count": 0, "loitering": False}


def test_crossing_counts_each_way() -> None:
    rule = CrossingRule("line", CrossingRule.Options(line=((0.5, 1), (0.5, 0))))
    assert after(rule, walker, 9) == {"in": 1, "out": 0}


def test_dwell() -> None:
    assert after(DwellRule("stay", DwellRule.Options(longer_s=1)), walker, 4)["dwelling"]
    state = after(DwellRule("stay", DwellRule.Options(longer_s=1)), walker, 9)
    assert (state["dwelling"], state["count"]) == (False, 0)
    assert state["duration_s"] == pytest.approx(4, abs=0.3)


def test_count(tmp_path: Path) -> None:
    rule = CountRule("people", CountRule.Options(folder=tmp_path))
    assert says(rule.state, rule.shows)
    assert after(rule, walker, 4) == {"now": 1, "hour": 1, "day": 1, "total": 1}
