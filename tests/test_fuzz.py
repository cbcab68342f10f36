"""A few damaged models through the verbs that take one; `benchmarks/fuzz.py` tries thousands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.fuzzing import ACCEPTED, FAMILIES, REFUSED, VERBS

EACH = 3  # about 0.3 s for a case, most of it the process in which the model is tried


@pytest.mark.parametrize("verb", VERBS)
def test_a_damaged_model_is_one_line_and_never_a_crash_or_a_hang(verb: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing", str(tmp_path), str(EACH), verb],
        cwd=ROOT,
        env={**os.environ, "EDGEINFER_STATE": str(tmp_path / "state")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    whole, *cases = (json.loads(line) for line in done.stdout.splitlines())
    assert whole["outcome"] == ACCEPTED, whole
    assert len(cases) == EACH * len(FAMILIES)
    assert [case for case in cases if case["outcome"] not in (ACCEPTED, REFUSED)] == []
    assert any(case["outcome"] == REFUSED for case in cases)
