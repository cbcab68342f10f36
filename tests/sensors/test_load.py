from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.sensors.load import LoadSensor
from tests.sensors import boards


def stat(root: Path, *ticks: int) -> None:
    boards.write(root, {"proc/stat": f"cpu  {' '.join(map(str, ticks))}\ncpu0 1 1 1 1\n"})


def test_the_share_is_that_since_the_last_reading(tmp_path: Path) -> None:
    sensor = LoadSensor(LoadSensor.Options(tmp_path))
    stat(tmp_path, 100, 0, 100, 1000, 50, 0, 0, 0, 90, 0)
    assert boards.read(sensor) == {}
    stat(tmp_path, 120, 5, 130, 1030, 60, 1, 2, 2, 99, 0)  # 60 of 100 ticks; guests count as users
    assert boards.read(sensor) == {"cpu_share": 0.6}
    stat(tmp_path, 120, 5, 130, 1130, 60, 1, 2, 2, 99, 0)
    assert boards.read(sensor) == {"cpu_share": 0.0}


@pytest.mark.parametrize(
    "ticks", [(100, 0, 100, 1000, 50), (90, 0, 100, 1100, 50), (200, 0, 100, 950, 50), ()]
)
def test_a_count_that_stands_still_or_steps_back_is_no_share(
    tmp_path: Path, ticks: tuple[int, ...]
) -> None:
    sensor = LoadSensor(LoadSensor.Options(tmp_path))
    stat(tmp_path, 100, 0, 100, 1000, 50)
    sensor.read()
    stat(tmp_path, *ticks)
    assert boards.read(sensor) == {}


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("0.52 0.48 0.40 2/180 1234\n", {"load_1m": 0.52}),
        ("nan 0 0\n", {}),
        ("-1 0 0\n", {}),
        ("", {}),
    ],
)
def test_the_load_is_that_of_a_minute(
    tmp_path: Path, content: str, values: dict[str, float]
) -> None:
    boards.write(tmp_path, {"proc/loadavg": content})
    assert boards.read(LoadSensor(LoadSensor.Options(tmp_path))) == values
