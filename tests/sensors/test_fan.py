from __future__ import annotations

from pathlib import Path

from edgeinfer.sensors.fan import FanSensor
from tests.sensors import boards


def read(root: Path) -> dict[str, float]:
    return boards.read(FanSensor(FanSensor.Options(root)))


def test_a_fan_that_stands_still_is_a_reading(tmp_path: Path) -> None:
    root = boards.pi_5(tmp_path)
    boards.write(root, {f"{boards.HWMON}/hwmon3/fan1_input": "0\n"})
    assert read(root) == {"fan_rpm": 0.0}


def test_the_boards_own_fan_stands_first(tmp_path: Path) -> None:
    fans = {f"{boards.HWMON}/hwmon0/name": "emc2301\n", f"{boards.HWMON}/hwmon0/fan1_input": "3120"}
    boards.write(boards.pi_5(tmp_path), fans)
    assert read(tmp_path) == {"fan_rpm": 2689, "fan_rpm-1": 3120}
