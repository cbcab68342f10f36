from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from edgeinfer.sensors.memory import MemorySensor
from tests.sensors import boards


def read(root: Path) -> dict[str, float]:
    return boards.read(MemorySensor(MemorySensor.Options(root)))


def test_kilobytes_and_pages_become_bytes(tmp_path: Path) -> None:
    boards.zero_2_w(tmp_path)
    assert read(tmp_path) == {
        "memory_total_bytes": 436336 * 1024,
        "memory_available_bytes": 218168 * 1024,
        "resident_bytes": 25000 * os.sysconf("SC_PAGESIZE"),
    }


@pytest.mark.parametrize(
    "meminfo",
    ["", "MemTotal: 100 kB\nMemAvailable: 200 kB\n", "MemTotal: 0 kB\n", "MemTotal: x kB"],
)
def test_memory_that_cannot_be_is_no_reading(tmp_path: Path, meminfo: str) -> None:
    boards.write(tmp_path, {"proc/meminfo": meminfo, "proc/self/statm": "1"})
    assert read(tmp_path) == {}


def test_this_process_is_as_large_as_others_see_it() -> None:
    mine_bytes = read(Path("/"))["resident_bytes"]
    told = re.search(r"VmRSS:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert told
    assert mine_bytes == pytest.approx(int(told[1]) * 1024, rel=0.2)
