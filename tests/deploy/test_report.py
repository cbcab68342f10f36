"""deploy/test/report.py, on the reports of proofs that were really run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.deploy.tools import quiet

REPORTS = sorted((ROOT / "benchmarks/results/arm64").glob("*.json"))


def page(report: Path) -> str:
    return quiet(sys.executable, ROOT / "deploy/test/report.py", report)


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_the_page_that_lies_beside_a_report_is_its_own(path: Path) -> None:
    assert page(path) == path.with_suffix(".md").read_text()


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_every_step_and_every_machine_of_a_report_is_on_its_page(path: Path) -> None:
    report = json.loads(path.read_text())
    machines = {name: steps for name, steps in report.items() if isinstance(steps, list)}
    text = page(path)
    assert f"| step | {' | '.join(machines)} |" in text
    for step in (step for steps in machines.values() for step in steps):
        assert f"| {step['step'].replace('_', ' ')} |" in text


def test_what_did_not_hold_is_said_beside_what_did(tmp_path: Path) -> None:
    report = json.loads(REPORTS[0].read_text())
    report["virt"][1] |= {"passed": False, "seconds": 128.2}
    del report["virt"][7]
    (tmp_path / "report.json").write_text(json.dumps(report))
    lines = [line.split(" | ") for line in page(tmp_path / "report.json").splitlines()]
    said = {line[0].removeprefix("| "): line[1].removesuffix(" |") for line in lines if line[1:]}
    assert said["results reach mosquitto"] == "**no**, 128 s"
    assert said["a camera works inside the sandbox"] == "not tried"
