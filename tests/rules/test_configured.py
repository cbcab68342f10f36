"""What a person writes in `[[rule]]` becomes rules, or one clear line before a camera opens."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from edgeinfer import assembly
from edgeinfer.errors import ConfigError
from edgeinfer.trackers.iou import IouTracker
from tests.conftest import ROOT

PAGE = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
EXAMPLES = [
    text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "[[rule]]" in text
]


def table(*rules: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {
        "source": {"type": "synthetic"},
        "model": {"name": "coco_ssd_mobilenet_v1"},
        "sink": [{"type": "jsonl", "path": "-"}],
        "rule": list(rules),
        **sections,
    }


def problems(*rules: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        assembly.configure(table(*rules))
    return list(raised.value.problems)


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_the_page_works(text: str) -> None:
    (rule,) = tomllib.loads(text)["rule"]
    parts = assembly.build(assembly.configure(table(rule)))
    assert len(parts.rules) == 1


def test_the_page_has_an_example_of_every_rule() -> None:
    named = {rule["type"] for text in EXAMPLES for rule in tomllib.loads(text)["rule"]}
    assert named == {"presence", "passage", "zone", "crossing", "dwell", "count"}


@pytest.mark.usefixtures("models")
def test_rules_get_the_usual_tracker_without_a_word() -> None:
    rule = {"type": "passage", "labels": ["train"]}
    with_rule = assembly.build(assembly.configure(table(rule))).pipeline
    assert isinstance(with_rule._tracker, IouTracker)
    assert assembly.build(assembly.configure(table())).pipeline._tracker is None


@pytest.mark.usefixtures("models")
def test_a_label_that_the_model_does_not_know_is_told_with_the_nearest() -> None:
    good = {"type": "presence", "labels": ["cat"]}
    bad = {"type": "passage", "labels": ["trian"], "scores": {"buss": 0.5}}
    with pytest.raises(ConfigError) as raised:
        assembly.build(assembly.configure(table(good, bad)))
    assert list(raised.value.problems) == [
        "rule 2.labels: trian: unknown; did you mean train?",
        "rule 2.scores: buss: unknown; did you mean bus?",
    ]


def test_every_problem_of_every_rule_is_told_at_once() -> None:
    found = problems(
        {"type": "zone", "polygon": [[0.1, 0.1], [0.9, 0.9]]},
        {"type": "dwell", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]},
        {"type": "crossing", "line": [[0.1, 0.1], [0.1, 0.1]]},
        {"type": "crossing"},
        {"type": "presence", "gone_score": 0.9},
        {"type": "passage", "gap_s": 0},
    )
    assert [line.split(";")[0].split(" ")[1].split(":")[0] for line in found] == [
        "1", "2", "3", "4.line", "5", "6.gap_s",
    ]  # fmt: skip
