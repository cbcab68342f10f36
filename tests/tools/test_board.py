from __future__ import annotations

import platform
from pathlib import Path

import pytest

from edgeinfer.tools import board
from edgeinfer.tools.machine import Machine
from tests.tools.machines import pi_5, write

FLAGS = "sys/devices/platform/soc/soc:firmware/get_throttled"
CLOCK = "sys/devices/system/cpu/cpufreq/policy{}/scaling_cur_freq"


def test_a_board_has_its_own_name_a_pc_its_processors(tmp_path: Path) -> None:
    assert board.name(pi_5(tmp_path / "pi")) == "Raspberry Pi 5 Model B Rev 1.0"
    write(tmp_path / "pc", {"proc/cpuinfo": "processor: 0\nmodel name\t: Some CPU @ 2 GHz\n"})
    assert board.name(Machine(root=tmp_path / "pc")) == "Some CPU @ 2 GHz"
    assert board.name(Machine(root=tmp_path / "none")) == platform.machine()


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Raspberry Pi 5 Model B Rev 1.0", "raspberry-pi-5-model-b-rev-1.0"),
        ("Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz", "intel-r-core-tm-i7-8700-cpu-3.20ghz"),
        ("../../etc", "etc"),
    ],
)
def test_a_name_becomes_part_of_a_files_name(text: str, slug: str) -> None:
    assert board.slug(text) == slug


def test_what_the_machine_does_not_say_is_none(tmp_path: Path) -> None:
    machine = Machine(root=tmp_path)
    assert board.temperature_c(machine) is None
    assert board.clock_mhz(machine) is None
    assert board.throttling(machine) is None


def test_the_hottest_zone_and_the_fastest_core_are_told(tmp_path: Path) -> None:
    zones = "sys/class/thermal/thermal_zone{}/temp"
    write(tmp_path, {zones.format(0): "48300\n", zones.format(1): "61000\n"})
    write(tmp_path, {CLOCK.format(0): "1500000\n", CLOCK.format(4): "2400000\n"})
    machine = Machine(root=tmp_path)
    assert board.temperature_c(machine) == 61.0
    assert board.clock_mhz(machine) == 2400.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0\n", ()),
        ("50005\n", ("under-voltage", "throttled")),
        ("e0008\n", ("soft temperature limit",)),
        ("70000\n", ()),  # since boot, but not now
        ("2\n", ("clock capped",)),
    ],
)
def test_the_firmwares_flags_of_this_moment_are_read(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    write(tmp_path, {FLAGS: text})
    assert board.throttling(Machine(root=tmp_path)) == words


def test_flags_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    write(tmp_path, {FLAGS: "not a number\n"})
    assert board.throttling(Machine(root=tmp_path)) is None
