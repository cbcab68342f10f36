"""deploy/test/report.py, on the report of a proof that was really run."""

from __future__ import annotations

import json
import sys

from tests.conftest import ROOT
from tests.deploy.tools import quiet

REPORT = ROOT / "benchmarks/results/arm64/bookworm.json"


def test_the_page_says_what_held_in_each_run_and_what_did_not() -> None:
    lines = quiet(sys.executable, ROOT / "deploy/test/report.py", REPORT).splitlines()

    assert "| step | first_run | second_run |" in lines
    for row in (
        "| results reach mosquitto | **no**, 128 s | yes, 41 s |",
        "| sigterm ends it in good order | **no**, 4 s | not tried |",
    ):
        assert row in lines
    assert "| **the venv** | **178.0** |" in lines
    assert len([line for line in lines if line.startswith("| default_score_apart |")]) == 1


def test_every_step_of_the_report_is_one_that_there_is() -> None:
    report = json.loads(REPORT.read_text())
    page = quiet(sys.executable, ROOT / "deploy/test/report.py", REPORT)
    for step in [*report["first_run"], *report["second_run"]]:
        assert f"| {step['step'].replace('_', ' ')} |" in page
