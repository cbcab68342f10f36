from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edgeinfer.sensors.space import SpaceSensor
from tests.sensors import boards


def test_the_space_is_what_others_see(tmp_path: Path) -> None:
    free_bytes = boards.read(SpaceSensor(SpaceSensor.Options(tmp_path)))["free_bytes"]
    assert free_bytes == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)


def test_a_folder_that_is_gone_gives_no_reading(tmp_path: Path) -> None:
    assert boards.read(SpaceSensor(SpaceSensor.Options(tmp_path / "none"))) == {}


def test_the_state_directory_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEINFER_STATE", str(tmp_path / "state"))
    sensor = SpaceSensor(SpaceSensor.Options())
    assert set(boards.read(sensor)) == {"free_bytes"}
    (tmp_path / "state").rmdir()
    assert boards.read(sensor) == {}
