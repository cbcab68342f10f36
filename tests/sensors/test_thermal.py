from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer import config, plugins
from edgeinfer.core.results import Reading
from edgeinfer.sensors.thermal import ThermalSensor


def zone(root: Path, number: int, kind: str | None, temp: str | None) -> Path:
    folder = root / f"sys/class/thermal/thermal_zone{number}"
    folder.mkdir(parents=True)
    if kind is not None:
        (folder / "type").write_text(f"{kind}\n")
    if temp is not None:
        (folder / "temp").write_text(temp)
    return folder


def read(root: Path) -> list[Reading]:
    return list(ThermalSensor(ThermalSensor.Options(root)).read())


def values(root: Path) -> dict[str, float]:
    return {reading.name: reading.value for reading in read(root)}


def test_a_raspberry_pi_gives_the_temperature_of_its_processor(tmp_path: Path) -> None:
    zone(tmp_path, 0, "cpu-thermal", "48312\n")
    (reading,) = read(tmp_path)
    assert (reading.name, reading.value, reading.unit) == ("cpu-thermal", 48.312, "c")
    assert reading.read_ns > 0


def test_a_machine_without_zones_gives_no_reading(tmp_path: Path) -> None:
    assert read(tmp_path) == []


@pytest.mark.parametrize("temp", ["-89700\n", "-40001\n", "150001\n", "", "unknown\n", None])
def test_a_zone_that_says_what_cannot_be_gives_no_reading(tmp_path: Path, temp: str | None) -> None:
    zone(tmp_path, 0, "dead", temp)
    zone(tmp_path, 1, "cpu-thermal", "50000\n")
    assert values(tmp_path) == {"cpu-thermal": 50.0}


@pytest.mark.parametrize(("temp", "value_c"), [("-40000", -40.0), ("0", 0.0), ("150000", 150.0)])
def test_the_ends_of_what_can_be_are_read(tmp_path: Path, temp: str, value_c: float) -> None:
    zone(tmp_path, 0, "cpu-thermal", temp)
    assert values(tmp_path) == {"cpu-thermal": value_c}


def test_a_zone_that_answers_with_an_error_gives_no_reading(tmp_path: Path) -> None:
    # Reading a folder is an error of the kernel too, as reading a switched off zone is.
    (zone(tmp_path, 0, "off", None) / "temp").mkdir()
    assert read(tmp_path) == []


def test_zones_of_one_type_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 0):
        zone(tmp_path, number, "acpitz", f"{30 + number}000")
    assert values(tmp_path) == {"acpitz": 30.0, "acpitz-2": 32.0, "acpitz-10": 40.0}


def test_no_zone_hides_another_whose_type_ends_like_a_number(tmp_path: Path) -> None:
    zone(tmp_path, 0, "cpu-thermal-2", "95000")
    zone(tmp_path, 1, "cpu-thermal", "50000")
    zone(tmp_path, 2, "cpu-thermal", "51000")
    assert values(tmp_path) == {"cpu-thermal-2": 95.0, "cpu-thermal": 50.0, "thermal_zone2": 51.0}


def test_a_zone_without_a_type_goes_by_its_own_name(tmp_path: Path) -> None:
    zone(tmp_path, 0, None, "41000")
    zone(tmp_path, 1, "", "42000")
    assert values(tmp_path) == {"thermal_zone0": 41.0, "thermal_zone1": 42.0}


def test_it_is_a_plug_in_whose_root_can_be_configured(tmp_path: Path) -> None:
    zone(tmp_path, 0, "cpu-thermal", "48000")
    found = plugins.find("sensor", "thermal")
    problems: list[str] = []
    options = config.check(found.Options, {"root": str(tmp_path)}, "sensor", problems)
    assert problems == []
    assert [reading.value for reading in found(options).read()] == [48.0]
