from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.sensors.clock import ClockSensor
from tests.sensors import boards


def read(root: Path) -> dict[str, float]:
    return boards.read(ClockSensor(ClockSensor.Options(root)))


def test_the_fastest_group_has_the_clock_the_slowest_the_share(tmp_path: Path) -> None:
    assert read(boards.pc(tmp_path)) == {"clock_mhz": 4700.0, "clock_share": 0.25}


def test_a_boost_is_not_more_than_everything(tmp_path: Path) -> None:
    boards.write(tmp_path, {f"{boards.CPU}/policy0/scaling_cur_freq": "4700000"})
    boards.write(tmp_path, {f"{boards.CPU}/policy0/cpuinfo_max_freq": "4600000"})
    assert read(tmp_path) == {"clock_mhz": 4700.0, "clock_share": 1.0}


@pytest.mark.parametrize("most", ["0", "", "unknown"])
def test_without_a_maximum_there_is_no_share(tmp_path: Path, most: str) -> None:
    boards.write(tmp_path, {f"{boards.CPU}/policy0/scaling_cur_freq": "1500000"})
    boards.write(tmp_path, {f"{boards.CPU}/policy0/cpuinfo_max_freq": most})
    assert read(tmp_path) == {"clock_mhz": 1500.0}


def test_a_clock_that_stands_still_is_no_reading(tmp_path: Path) -> None:
    root = boards.pi_4(tmp_path)
    boards.write(root, {f"{boards.CPU}/policy0/scaling_cur_freq": "0\n"})
    assert read(root) == {}
