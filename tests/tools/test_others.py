from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgeinfer.tools.machine import Machine
from edgeinfer.tools.others import Others, busy_s
from tests.tools.machines import write

STAT = """cpu  30 0 30 500 0 0 0 0 0 0
cpu0 10 1 20 300 7 2 3 4 10 0
cpu1 100 0 0 200 0 0 0 0 100 0
intr 12345
"""


def test_a_core_is_busy_with_all_but_idling_and_waiting() -> None:
    assert busy_s(STAT, {0}, 100) == pytest.approx(0.40)
    assert busy_s(STAT, {0, 1}, 100) == pytest.approx(1.40)


def test_cores_that_the_kernel_does_not_name_make_it_unknown() -> None:
    assert busy_s(STAT, {0, 7}, 100) is None
    assert busy_s("", {0}, 100) is None


def test_without_the_kernels_word_the_share_is_unknown(tmp_path: Path) -> None:
    assert Others(Machine(root=tmp_path)).share() is None


def test_what_another_program_takes_is_counted(tmp_path: Path) -> None:
    cores = os.sched_getaffinity(0)

    def stat(ticks: int) -> None:
        lines = [f"cpu{core} {ticks} 0 0 0 0 0 0 0 0 0" for core in cores]
        write(tmp_path, {"proc/stat": "\n".join(lines)})

    stat(1_000_000)
    others = Others(Machine(root=tmp_path))
    stat(2_000_000_000)  # far more than can have passed: the share ends at 1
    assert others.share() == 1.0


def test_own_work_and_that_of_children_is_not_others(tmp_path: Path) -> None:
    lines = [f"cpu{core} 1000 0 0 0 0 0 0 0 0 0" for core in os.sched_getaffinity(0)]
    write(tmp_path, {"proc/stat": "\n".join(lines)})
    others = Others(Machine(root=tmp_path))
    before = os.times()
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    assert sum(os.times()[:4]) > sum(before[:4])
    # The cores have not worked at all by this kernel's word, so what is left for others is less.
    assert others.share() == 0.0


def test_the_share_on_this_machine_lies_between_nothing_and_all() -> None:
    share = Others().share()
    assert share is None or 0.0 <= share <= 1.0
