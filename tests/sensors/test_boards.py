from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeinfer.core.results import Reading
from edgeinfer.sensors.readings import hottest_c, slowed, under_voltage
from tests.sensors import boards

GIB = 1 << 30
# What any machine can say; a value beyond its unit's bounds is absurd.
BOUNDS = {
    "c": (-40.0, 150.0),
    "mhz": (0.001, 20_000.0),
    "1": (0.0, 100_000.0),
    "flag": (0.0, 1.0),
    "rpm": (0.0, 100_000.0),
    "bytes": (0.0, float(1 << 60)),
}
EVERYWHERE = {"load_1m", "memory_total_bytes", "memory_available_bytes", "resident_bytes"}
SUPPLY = {"under_voltage", "under_voltage_seen"}
PI = EVERYWHERE | SUPPLY | {"cpu-thermal", "clock_mhz", "clock_share"}
FLAGS = {"capped", "throttled", "soft_limit"}
HAS: dict[Callable[[Path], Path], set[str]] = {
    boards.zero_2_w: PI,
    boards.pi_3b_plus: PI | FLAGS | {f"{name}_seen" for name in FLAGS},
    boards.pi_4: PI,
    boards.cm4: PI | {"fan_rpm"},
    boards.pi_5: PI | {"fan_rpm"},
    boards.pi_5_with_coral: PI | {"fan_rpm", "edgetpu-0"},
    boards.pi_5_with_dead_coral: PI | {"fan_rpm"},
    boards.pc: EVERYWHERE
    | {"acpitz", "acpitz-1", "x86_pkg_temp", "clock_mhz", "clock_share", "fan_rpm", "fan_rpm-1"},
    boards.virtual_machine: EVERYWHERE,
    boards.empty: set(),
}


def assert_possible(readings: list[Reading]) -> None:
    names = [reading.name for reading in readings]
    assert len(names) == len(set(names))
    for reading in readings:
        least, most = BOUNDS[reading.unit]
        assert least <= reading.value <= most, reading


def everything(root: Path) -> list[Reading]:
    """But the space, which is that of the machine at hand."""
    return [r for r in boards.read_all(boards.sensors(root)) if r.name != "free_bytes"]


@pytest.mark.parametrize("board", boards.BOARDS, ids=lambda board: board.__name__)
def test_every_board_gives_what_it_has_and_nothing_else(
    tmp_path: Path, board: Callable[[Path], Path]
) -> None:
    readings = everything(board(tmp_path))
    assert {reading.name for reading in readings} == HAS[board]
    assert_possible(readings)
    assert all(reading.read_ns > 0 for reading in readings)


@pytest.mark.parametrize(
    ("board", "hottest", "is_slowed", "is_weak"),
    [
        (boards.zero_2_w, 44.008, False, True),
        (boards.pi_3b_plus, 61.224, True, False),
        (boards.pi_5_with_coral, 61.3, False, False),
        (boards.pi_5_with_dead_coral, 52.9, False, False),
        (boards.pc, 71.0, False, False),
        (boards.virtual_machine, None, False, False),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_the_governor_asks_of_a_board(
    tmp_path: Path,
    board: Callable[[Path], Path],
    hottest: float | None,
    is_slowed: bool,
    is_weak: bool,
) -> None:
    readings = everything(board(tmp_path))
    assert hottest_c(readings) == hottest
    assert (slowed(readings), under_voltage(readings)) == (is_slowed, is_weak)


def test_the_values_of_a_raspberry_pi_5(tmp_path: Path) -> None:
    sensors = boards.sensors(boards.pi_5_with_coral(tmp_path))
    assert boards.read(sensors["thermal"]) == {"cpu-thermal": 52.9}
    assert boards.read(sensors["apex"]) == {"edgetpu-0": 61.3}
    assert boards.read(sensors["clock"]) == {"clock_mhz": 1500.0, "clock_share": 0.625}
    assert boards.read(sensors["fan"]) == {"fan_rpm": 2689}
    assert boards.read(sensors["memory"])["memory_total_bytes"] == pytest.approx(7.87 * GIB, 0.01)


@pytest.mark.parametrize("garbage", [b"", b"unknown\n", b"9" * 5000, b"-1", b"\0\0\0", b"\xff\xfe"])
def test_garbage_in_every_file_is_never_an_absurd_value(tmp_path: Path, garbage: bytes) -> None:
    root = boards.pi_5_with_coral(boards.pi_3b_plus(tmp_path))
    sensors = boards.sensors(root)
    for path in boards.files(root):
        path.write_bytes(garbage)
    for sensor in (*sensors.values(), *boards.sensors(root).values()):
        assert_possible(list(sensor.read()))


@pytest.mark.parametrize("when", ["before", "after"])
def test_folders_in_the_place_of_files_are_no_readings(tmp_path: Path, when: str) -> None:
    root = boards.pi_5_with_coral(boards.pi_3b_plus(tmp_path))
    sensors = boards.sensors(root) if when == "after" else {}
    for path in boards.files(root):
        path.unlink()
        path.mkdir()
    sensors = sensors or boards.sensors(root)
    assert {reading.name for reading in boards.read_all(sensors)} <= {"free_bytes"}


def test_a_device_that_goes_away_between_two_readings_takes_its_readings_along(
    tmp_path: Path,
) -> None:
    root = boards.pi_5_with_coral(tmp_path)
    sensors = boards.sensors(root)
    boards.read_all(sensors)
    shutil.rmtree(root / "sys")
    assert not any(boards.read(sensors[name]) for name in ("thermal", "apex", "clock", "fan"))
    assert boards.read(sensors["load"])


_NUMBERS = st.integers().map(str)
_WORDS = st.sampled_from(["cpu", "MemTotal:", "MemAvailable:", "nan", "inf", "-", "kB\n", "1e9"])
CONTENTS = (
    st.binary(max_size=40)
    | _NUMBERS.map(str.encode)
    | st.lists(_WORDS | _NUMBERS, max_size=12).map(lambda words: " ".join(words).encode())
)


def test_nothing_that_files_may_hold_is_an_error_or_an_absurd_value(tmp_path: Path) -> None:
    root = boards.pi_5_with_coral(boards.pi_3b_plus(tmp_path))
    sensors, files = boards.sensors(root), boards.files(root)

    @settings(max_examples=100, deadline=None)
    @given(st.lists(CONTENTS, min_size=1, max_size=5))
    def hold(contents: list[bytes]) -> None:
        for number, path in enumerate(files):
            path.write_bytes(contents[number % len(contents)])
        for kept in (sensors, boards.sensors(root)):
            assert_possible(list(boards.read_all(kept)))

    hold()
