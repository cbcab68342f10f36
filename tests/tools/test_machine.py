from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from grp import getgrgid
from pathlib import Path

import pytest

from edgeinfer.tools import machine
from edgeinfer.tools.line import Line
from edgeinfer.tools.machine import Machine
from tests.tools import machines


def only(lines: Iterable[Line]) -> Line:
    (line,) = lines
    assert bool(line.advice) == (line.state != "ok"), line
    return line


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (machines.pi_5, "Raspberry Pi 5 Model B Rev 1.0"),
        (machines.pi_4, "Raspberry Pi 4 Model B Rev 1.4"),
        (machines.zero_2_w, "Raspberry Pi Zero 2 W Rev 1.0"),
        (machines.pc, "AMD Ryzen 5 5600 6-Core Processor (not a Raspberry Pi)"),
    ],
)
def test_the_board_is_named(tmp_path: Path, build: Callable[[Path], Machine], name: str) -> None:
    assert only(machine.board(build(tmp_path))) == Line("board", "ok", name)


def test_another_board_with_a_device_tree_is_named_too(tmp_path: Path) -> None:
    machines.write(tmp_path, {"proc/device-tree/model": "Radxa ROCK 5B\0"})
    line = only(machine.board(Machine(root=tmp_path)))
    assert line.what == "Radxa ROCK 5B (not a Raspberry Pi)"


def test_a_machine_that_says_nothing_of_itself_is_no_failure(tmp_path: Path) -> None:
    line = only(machine.board(Machine(root=tmp_path)))
    assert (line.state, line.what) == ("ok", "unknown processor (not a Raspberry Pi)")


def test_a_32_bit_system_fails_with_the_reason(tmp_path: Path) -> None:
    assert only(machine.word_size(machines.pi_4(tmp_path))).what == "64-bit"
    line = only(machine.word_size(Machine(root=tmp_path, word_bits=32)))
    assert line.state == "fail"
    assert "LiteRT has no package for 32-bit systems" in line.what
    assert "64-bit Raspberry Pi OS" in line.advice


@pytest.mark.parametrize(
    ("glibc", "state"),
    [("2.41", "ok"), ("2.36", "ok"), ("2.34", "ok"), ("2.31", "fail"), ("", "fail")],
)
def test_the_system_must_have_the_c_library_that_litert_needs(
    tmp_path: Path, glibc: str, state: str
) -> None:
    line = only(machine.system(replace(machines.pi_4(tmp_path), glibc=glibc)))
    assert line.state == state
    assert "Debian GNU/Linux 12 (bookworm)" in line.what
    assert "2.34" in line.what if state == "fail" else glibc in line.what


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 10), "warn"), ((3, 11), "ok"), ((3, 13), "ok"), ((3, 14), "warn")],
)
def test_a_python_that_is_not_tested_with_is_a_warning(
    tmp_path: Path, version: tuple[int, int], state: str
) -> None:
    assert only(machine.python(Machine(root=tmp_path, python=version))).state == state


def test_a_zero_2_w_that_is_nearly_full_is_warned_of(tmp_path: Path) -> None:
    line = only(machine.memory(machines.zero_2_w(tmp_path)))
    assert (line.state, line.what) == ("warn", "95 of 426 MiB are free")
    machines.pi_4(tmp_path)
    assert only(machine.memory(Machine(root=tmp_path))).state == "ok"


def test_memory_that_nobody_tells_is_a_warning(tmp_path: Path) -> None:
    assert only(machine.memory(Machine(root=tmp_path))).what == "unknown"


def test_heat_is_a_warning_from_80_degrees_on(tmp_path: Path) -> None:
    line = only(machine.temperature(machines.zero_2_w(tmp_path)))
    assert (line.state, line.what) == ("warn", "81 °C (cpu-thermal)")
    cool = only(machine.temperature(machines.pi_5(tmp_path)))
    assert (cool.state, cool.what) == ("ok", "53 °C (cpu-thermal)")


def test_the_hottest_zone_counts(tmp_path: Path) -> None:
    here = machines.pi_5(tmp_path)
    zone = "sys/class/thermal/thermal_zone1"
    machines.write(tmp_path, {f"{zone}/type": "rp1", f"{zone}/temp": "80000"})
    line = only(machine.temperature(here))
    assert (line.state, line.what) == ("warn", "80 °C (rp1)")


def test_a_machine_without_a_sensor_is_a_warning(tmp_path: Path) -> None:
    line = only(machine.temperature(machines.pc(tmp_path)))
    assert (line.state, line.what) == ("warn", "no sensor")


def test_a_weak_supply_is_a_warning_on_a_raspberry_pi(tmp_path: Path) -> None:
    assert only(machine.power(machines.zero_2_w(tmp_path))).state == "warn"
    assert only(machine.power(machines.pi_5(tmp_path))).state == "ok"


def test_a_supply_that_was_weak_before_is_a_warning(tmp_path: Path) -> None:
    here = machines.pi_5(tmp_path)
    flags = "sys/devices/platform/soc/soc:firmware/get_throttled"
    machines.write(tmp_path, {flags: "10000\n"})
    line = only(machine.power(here))
    assert (line.state, line.what) == ("warn", "the supply voltage was too low a while ago")


def test_a_pc_has_no_line_on_its_supply(tmp_path: Path) -> None:
    here = machines.pc(tmp_path)
    machines.write(tmp_path, {"sys/class/hwmon/hwmon0/name": "k10temp\n"})
    assert list(machine.power(here)) == []


def test_a_clock_that_was_never_set_is_a_warning(tmp_path: Path) -> None:
    line = only(machine.clock(machines.zero_2_w(tmp_path)))
    assert line.state == "warn"
    assert "1970" in line.what
    assert only(machine.clock(machines.pi_5(tmp_path))).state == "ok"


def test_the_space_is_that_of_the_nearest_folder_which_exists(tmp_path: Path) -> None:
    folder = tmp_path / "not/yet/there"
    line = only(machine.space(folder, least_bytes=1))
    assert line.state == "ok"
    assert str(folder) in line.what
    assert not (tmp_path / "not").exists()


def test_a_full_disk_is_a_warning(tmp_path: Path) -> None:
    assert only(machine.space(tmp_path, least_bytes=1 << 62)).state == "warn"


def test_a_closed_device_names_the_group_to_join(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.write(tmp_path, {"dev/video0": ""})
    line = only(machine.rights(here, lambda device: device.name != "video0"))
    assert (line.state, line.what) == ("warn", "this user may not open video0")
    group = getgrgid((tmp_path / "dev/video0").stat().st_gid).gr_name
    assert line.advice.startswith(f"sudo usermod -aG {group} ")


def test_the_firmwares_node_for_all_is_not_needed_beside_that_for_commands(tmp_path: Path) -> None:
    here = machines.pi_5(tmp_path)
    machines.write(tmp_path, {"dev/vcio_gencmd": ""})
    assert only(machine.rights(here, lambda device: device.name != "vcio")).state == "ok"


def test_open_devices_are_counted(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.write(tmp_path, {"dev/video0": "", "dev/null0": ""})
    line = only(machine.rights(here))
    assert (line.state, line.what) == ("ok", "this user may open 2 devices")


def test_a_machine_without_devices_needs_no_rights(tmp_path: Path) -> None:
    assert only(machine.rights(machines.pc(tmp_path))).what == "no device needs any"


def test_the_facts_of_this_process_are_the_default() -> None:
    here = Machine()
    assert here.root == Path("/")
    assert here.page_bytes == os.sysconf("SC_PAGESIZE")
    assert here.word_bits == 64
    assert here.year >= 2026
