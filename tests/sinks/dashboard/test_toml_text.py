"""A file with other rules in it keeps what its author wrote."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeinfer.errors import ConfigError
from edgeinfer.sinks.dashboard.toml_text import edited
from tests.conftest import ROOT
from tests.sinks.dashboard.serving import TOML

STEP = tomllib.loads(TOML)["rule"][0]
GATE = {"type": "crossing", "name": "gate", "line": [[0.1, 0.5], [0.9, 0.5]]}


def test_what_is_not_changed_stays_to_the_letter() -> None:
    assert edited(TOML, None, None) == TOML
    assert edited(TOML, None, [STEP]) == TOML
    assert edited(TOML, (0.0, 0.0, 1.0, 1.0), [STEP]) == TOML


def test_a_changed_rule_keeps_its_comments() -> None:
    text = edited(TOML, None, [{**STEP, "polygon": [[0.2, 0.2], [0.8, 0.2], [0.5, 0.9]]}])
    for comment in ("# The porch.", "# the usual one", "# Where people stand.", "# nobody else"):
        assert comment in text
    assert tomllib.loads(text)["rule"][0]["polygon"][0] == [0.2, 0.2]


def test_rules_come_go_and_change_places() -> None:
    both = edited(TOML, None, [GATE, STEP])
    assert tomllib.loads(both)["rule"] == [GATE, STEP]
    assert tomllib.loads(edited(both, None, [GATE]))["rule"] == [GATE]
    assert "rule" not in tomllib.loads(edited(TOML, None, []))


COMMENTED = """\
# The device.
[device]
name = "porch"

# First.
[[rule]]
type = "presence"
name = "a"
labels = [
  "person",   # and nobody else
  "dog",
]
# settle_s = 3

# Second,
# in two lines.
[[rule]]
type = "presence"
name = "b"
[rule.scores]
person = 0.3

# Third.
[[rule]]
type = "presence"
name = "c"
# Where it all goes.
[[sink]]
type = "words"
"""
RULES = tomllib.loads(COMMENTED)["rule"]


def test_a_comment_above_a_rule_goes_with_it_and_no_other_does() -> None:
    a, b, c = RULES
    lines = COMMENTED.splitlines(keepends=True)
    assert edited(COMMENTED, None, [b, c]) == "".join(lines[:4] + lines[14:])
    assert edited(COMMENTED, None, [a, c]) == "".join(lines[:14] + lines[22:])
    without_last = "".join([*lines[:22], *lines[26:]])
    assert edited(COMMENTED, None, [a, b]) == without_last
    assert edited(COMMENTED, None, []) == "".join(lines[:4] + lines[26:])


def test_a_comment_goes_along_when_rules_change_places() -> None:
    a, b, c = RULES
    text = edited(COMMENTED, None, [c, a, b])
    at = [text.index(words) for words in ("# Third.", "# First.", "# Second,", "# Where it all")]
    assert at == sorted(at)
    assert edited(text, None, [a, b, c]).split() == COMMENTED.split()


def test_a_rule_with_another_name_keeps_its_comments() -> None:
    a, b, c = RULES
    text = edited(COMMENTED, None, [a, {**b, "name": "\u201cö\u201d"}, c])
    assert text == COMMENTED.replace('"b"', '"\u201cö\u201d"')


def test_a_new_rule_stands_apart_from_its_neighbours() -> None:
    text = edited(COMMENTED, None, [*RULES, GATE])
    assert '\nname = "c"\n\n[[rule]]\ntype = "crossing"\n' in text
    assert "\n\n# Where it all goes.\n[[sink]]" in text
    assert "# Third." in text


def test_what_looks_like_a_header_and_is_none_is_let_be() -> None:
    note = 'note = """\n[[rule]]\n# no\n"""\nmore = [\n[\n]\n]\n'
    text = COMMENTED.replace("# settle_s = 3\n", note)
    a, b, c = tomllib.loads(text)["rule"]
    after = edited(text, None, [a, c])
    assert note in after
    assert tomllib.loads(after)["rule"] == [a, c]
    assert note not in edited(text, None, [b, c])


def test_a_region_is_set_and_taken_away() -> None:
    text = edited(TOML, (0.1, 0.2, 0.9, 0.8), None)
    assert tomllib.loads(text)["source"]["region"] == [0.1, 0.2, 0.9, 0.8]
    assert "region" not in tomllib.loads(edited(text, (0.0, 0.0, 1.0, 1.0), None))["source"]


def test_nothing_is_said_of_what_is_not_set() -> None:
    text = edited(TOML, None, [{**STEP, "loiter_s": None}])
    assert "loiter_s" not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        'source = {type = "synthetic", scene = "signs"}\n',
        'source.type = "synthetic"\nrule = [{type = "presence", name = "any"}]\n',
        '[[rule]]\ntype = "presence"\n[rule.scores]\ntrain = 0.3\n[[sink]]\ntype = "words"\n',
        '[[rule]]\ntype = "presence"\r\n',
    ],
    ids=range(5),
)
def test_other_forms_are_edited_too(text: str) -> None:
    found = tomllib.loads(edited(text, (0.1, 0.2, 0.9, 0.8), [STEP, GATE]))
    assert found["rule"] == [STEP, GATE]
    assert found["source"]["region"] == [0.1, 0.2, 0.9, 0.8]
    before = tomllib.loads(text)
    assert {key: found[key] for key in before if key not in ("rule", "source")} == {
        key: before[key] for key in before if key not in ("rule", "source")
    }


def test_the_file_with_every_key_can_be_edited() -> None:
    text = (ROOT / "deploy/edgeinfer.toml").read_text()
    after = edited(text, (0.1, 0.2, 0.9, 0.8), [GATE])
    assert tomllib.loads(after) == {
        **tomllib.loads(text),
        "source": {**tomllib.loads(text)["source"], "region": [0.1, 0.2, 0.9, 0.8]},
        "rule": [GATE],
    }
    assert all(line in after for line in text.splitlines() if line.startswith("# "))


def test_what_is_no_toml_is_said() -> None:
    with pytest.raises(ConfigError, match="cannot be edited"):
        edited("[", None, [STEP])


_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8) | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
_RULES = st.lists(st.dictionaries(st.text(min_size=1, max_size=8), _VALUES, max_size=4), max_size=4)


@settings(deadline=None)
@given(_RULES)
def test_whatever_is_written_is_what_was_asked_for_or_is_refused(
    rules: list[dict[str, Any]],
) -> None:
    try:
        text = edited(TOML, None, rules)
    except ConfigError:
        return
    assert tomllib.loads(text).get("rule", []) == rules
