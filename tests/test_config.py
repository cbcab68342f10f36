from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Gt

from edgeinfer import config
from edgeinfer.errors import ConfigError, PluginError
from edgeinfer.sections import MotionGate


@dataclass(frozen=True, slots=True)
class Lamp:
    """Options of a plug-in as anyone might write them."""

    path: Path
    fps: Annotated[float, Gt(0)] = 5.0
    size: tuple[int, int] | None = None
    mode: Literal["bright", "dim"] = "dim"
    scores: dict[str, float] = field(default_factory=dict)


def options_of(kind: str, name: str) -> type[Any]:
    if name != "lamp":
        raise PluginError(f"{kind} {name!r}: unknown; installed: lamp")
    return Lamp


GOOD = {"source": {"type": "lamp", "path": "x"}, "model": {"name": "m"}}


def _problems(table: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        config.build(table, options_of)
    return caught.value.problems


def test_the_least_configuration_names_a_source_and_a_model() -> None:
    built = config.build(GOOD, options_of)
    assert built.source.options == Lamp(Path("x"))
    assert built.model.name == "m"
    assert built.device.name
    assert built.sinks == built.rules == ()


def test_a_list_becomes_a_tuple_and_a_whole_number_a_float() -> None:
    source = {"type": "lamp", "path": "x", "fps": 3, "size": [4, 5], "scores": {"cat": 1}}
    options = config.build({**GOOD, "source": source}, options_of).source.options
    assert (options.fps, options.size, options.scores) == (3.0, (4, 5), {"cat": 1.0})


def test_every_problem_is_reported_at_once() -> None:
    table = {
        "source": {"type": "lamp", "fps": -3, "sise": [1, 2]},
        "model": {},
        "limits": {"max_fbs": 3},
        "sink": [{"type": "lamp", "path": "x"}, {"type": "lump"}, {"path": "y"}],
        "modell": {},
    }
    assert sorted(_problems(table)) == [
        "limits.max_fbs: unknown; did you mean max_fps?",
        "model: say which one, `name` from the menu or `path` of a .tflite",
        "modell: unknown; did you mean model?",
        "sink 2.type: sink 'lump': unknown; installed: lamp",
        'sink 3.type: missing; as in type = "mqtt"',
        "source.fps: -3 should be greater than 0",
        "source.path: missing",
        "source.sise: unknown; did you mean size?",
    ]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("fps", "10", "source.fps: '10' should be a valid number"),
        ("fps", True, "source.fps: True should be a valid number"),
        ("mode", "brigt", "source.mode: 'brigt' should be 'bright' or 'dim'"),
        ("size", [1, 2.5], "source.size[1]: 2.5 should be a valid integer"),
        ("scores", {"cat": "high"}, "source.scores.cat: 'high' should be a valid number"),
    ],
)
def test_a_wrong_value_is_shown_with_its_place(key: str, value: Any, problem: str) -> None:
    table = {**GOOD, "source": {"type": "lamp", "path": "x", key: value}}
    assert _problems(table)[0].startswith(problem)


def test_what_is_missing_altogether_is_named() -> None:
    assert _problems({}) == (
        (
            "model: missing; give --model, or a [model] section; `edgeinfer models list` shows "
            "all, `edgeinfer models pull coco_ssd_mobilenet_v1` fetches one for everyday things"
        ),
        "source: missing; give --source, or a [source] section with its type",
    )


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"source": 3}, 'source.type: missing; as in type = "v4l2"'),
        ({"sink": {"type": "lamp"}}, "sink: should be a list of tables, [[sink]]"),
        ({"limits": [1]}, "limits: should be a table, [limits]"),
        ({"model": {"name": "a", "path": "b"}}, "model: say which one, `name`"),
        ({"motion": [1]}, "motion: should be a table, [motion]"),
        ({"motion": {"floor_fbs": 1}}, "motion.floor_fbs: unknown; did you mean floor_fps?"),
        ({"motion": {"floor_fps": 0}}, "motion.floor_fps: 0 should be greater than"),
        ({"motion": {"region": [0.5, 0, 0.2, 1]}}, "motion: region [0.5, 0.0, 0.2, 1.0] is no"),
        ({"limits": {"max_fps": 1e-300}}, "limits.max_fps: 1e-300 should be greater than"),
        ({"limits": {"min_fps": 1e-300}}, "limits.min_fps: 1e-300 should be greater than"),
        ({"limits": {"max_temp_c": 0}}, "limits.max_temp_c: 0 should be greater than"),
        ({"device": {"name": "a/b"}}, "device: name 'a/b' cannot stand in a topic"),
        ({"device": {"name": "a\0b"}}, "device: name 'a\\x00b' cannot stand in a topic"),
        ({"device": {"name": "a" * 70_000}}, "device: name should have from 1 to 64 letters"),
        ({"source": {"type": "lamp", "path": "\udcff"}}, "source: a name that is not UTF-8"),
        ({"model": {"name": "m", "min_score": 1.5}}, "model.min_score: 1.5 should be less than"),
        ({"model": {"name": "m", "threads": 0}}, "model.threads: 0 should be greater than"),
    ],
)
def test_a_section_of_the_wrong_form_is_one_problem(table: dict[str, Any], problem: str) -> None:
    problems = _problems({**GOOD, **table})
    assert len(problems) == 1
    assert problems[0].startswith(problem)


def test_the_gate_is_there_only_with_a_section_of_its_own() -> None:
    assert config.build(GOOD, options_of).motion is None
    built = config.build({**GOOD, "motion": {}}, options_of)
    assert built.motion == MotionGate()


def test_the_part_of_a_rule_keeps_the_name_that_the_person_gave() -> None:
    rules = [{"type": "lamp", "name": "train", "path": "x"}, {"type": "lamp", "path": "y"}]
    assert [part.name for part in config.build({**GOOD, "rule": rules}, options_of).rules] == [
        "train",
        "lamp",
    ]


def test_a_file_that_is_absent_or_no_toml_is_one_line_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: No such file or directory"):
        config.read(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("[source]\ntype = \n")
    with pytest.raises(ConfigError, match=r"bad\.toml: not TOML: .* line 2"):
        config.read(tmp_path / "bad.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"bytes\.toml: not TOML"):
        config.read(tmp_path / "bytes.toml")


@pytest.mark.parametrize("name", ["model", "camera", "engine", "service", "snapshot"])
def test_the_names_of_our_own_events_are_taken(name: str) -> None:
    rule = {"type": "lamp", "path": "x", "name": name}
    taken = f'rule 1.name: "{name}" is taken, by events of our own; take another'
    assert _problems({**GOOD, "rule": [rule]}) == (taken,)


def test_no_two_rules_have_one_name() -> None:
    rules = [{"type": "lamp", "path": "x"}, {"type": "lamp", "path": "y"}]
    taken = 'rule 2.name: "lamp" is taken, by rule 1; take another'
    assert _problems({**GOOD, "rule": rules}) == (taken,)
