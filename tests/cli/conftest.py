from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Edgeinfer


@pytest.fixture
def edgeinfer(models: Path, tmp_path: Path) -> Edgeinfer:
    return Edgeinfer(models, tmp_path)
