"""benchmarks/footprint.py: the parts of an installation, and the goals that it holds."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from typing import Any

from tests.conftest import ROOT
from tests.deploy.tools import quiet

HELD = {"resident_peak_mb": 110.0, "watched_s": 60, "written_blocks": 4}


def asked(expression: str) -> Any:
    beside = f"import sys, json; sys.path.insert(0, {str(ROOT / 'benchmarks')!r}); import footprint"
    return json.loads(quiet(sys.executable, "-c", f"{beside}; print(json.dumps({expression}))"))


def test_whatever_an_installation_brings_has_its_size() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[<>=]", each)[0].replace("-", "_") for each in project["dependencies"]]
    sizes = asked("footprint.installed()")
    assert {name for name in [*names, "edgeinfer"] if sizes.get(name, 0) <= 0} == set()
    assert "pytest" not in sizes, "what only tests need is no part of it"
    assert sizes["edgeinfer"] > 1


def test_an_extra_counts_what_it_adds_and_no_more() -> None:
    sizes = asked("footprint.extras(footprint.installed())")
    assert set(sizes) == {"web", "metrics"}
    assert 0 < sizes["metrics"] < sizes["web"] < 20
    more = asked("footprint.extras({'anyio', 'cffi', 'starlette', 'uvicorn'})")
    assert more["web"] < sizes["web"]


def test_a_goal_that_is_missed_is_named_with_its_figure() -> None:
    sizes = {"one": 100.0, "other": 20.0}
    assert asked(f"footprint.missed({sizes}, {HELD})") == []
    wrong = {**HELD, "resident_peak_mb": 151.0, "written_blocks": 17}
    assert asked(f"footprint.missed({sizes}, {wrong})") == [
        "MB resident at most: 151, goal 150",
        "blocks written: 17, goal 16",
    ]
