from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edgeinfer import last_run, state
from edgeinfer.last_run import CRASH, RECORD

INVOKE = '  File "/x/edgeinfer/pipeline.py", line 42 in run\n'
MAIN = '  File "/x/edgeinfer/runtime/service.py", line 140 in run\n'
OTHER = '  File "/x/edgeinfer/sources/opencv.py", line 9 in read\n'


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A kernel in its first boot, with process 7, which began at tick 1234."""
    root = tmp_path / "proc"
    boot(root, "first")
    (root / "7").mkdir()
    (root / "7/stat").write_text("7 (a (b) c) S " + " ".join(map(str, range(4, 22))) + " 1234 9 9")
    return root


def boot(proc: Path, name: str) -> None:
    kernel = proc / "sys/kernel/random"
    kernel.mkdir(parents=True, exist_ok=True)
    (kernel / "boot_id").write_text(f"{name}\n")


def write(folder: Path, **facts: Any) -> None:
    usual = {"ending": "running", "boot_id": "first", "pid": 8, "pid_began": 1000}
    state.keep(folder / RECORD, usual | facts)


def ending(folder: Path, proc: Path, crash: str = "", **facts: Any) -> tuple[str, bool]:
    write(folder, **facts)
    (folder / CRASH).write_text(crash)
    found = last_run.read(folder, proc)
    assert found
    return found.ending, found.in_engine


def test_where_nothing_was_kept_there_was_no_run(tmp_path: Path, proc: Path) -> None:
    assert last_run.read(tmp_path, proc) is None


def test_a_damaged_record_is_no_record(tmp_path: Path, proc: Path) -> None:
    (tmp_path / RECORD).write_text('{"ending": "run')
    assert last_run.read(tmp_path, proc) is None


def test_a_run_that_could_say_why_is_believed(tmp_path: Path, proc: Path) -> None:
    write(tmp_path, ending="error", reason="camera: gone")
    found = last_run.read(tmp_path, proc)
    assert found
    assert (found.ending, found.reason, found.in_good_order) == ("error", "camera: gone", False)


@pytest.mark.parametrize("good", ["stopped", "finished"])
def test_what_ended_as_it_should_is_in_good_order(tmp_path: Path, proc: Path, good: str) -> None:
    write(tmp_path, ending=good)
    found = last_run.read(tmp_path, proc)
    assert found
    assert found.in_good_order


def test_a_process_that_is_there_still_runs(tmp_path: Path, proc: Path) -> None:
    assert ending(tmp_path, proc, pid=7, pid_began=1234) == ("running", False)


def test_another_process_of_the_same_number_is_not_it(tmp_path: Path, proc: Path) -> None:
    assert ending(tmp_path, proc, pid=7, pid_began=1000) == ("killed", False)


def test_another_boot_tells_a_power_cut(tmp_path: Path, proc: Path) -> None:
    write(tmp_path, pid=7, pid_began=1234)
    boot(proc, "second")
    found = last_run.read(tmp_path, proc)
    assert found
    assert found.ending == "power"


@pytest.mark.parametrize(
    ("crash", "found"),
    [
        ("", ("killed", False)),
        (f"Segmentation fault\n\nCurrent thread 0x1 (most):\n{INVOKE}", ("crashed", True)),
        (
            f"Segmentation fault\n\nThread 0x2 (m):\n{INVOKE}\nCurrent thread 0x1 (most):\n{OTHER}",
            ("crashed", False),
        ),
        (f"Bus error\n\nThread 0x1 (most):\n{OTHER}\nThread 0x2 (m):\n{INVOKE}", ("crashed", True)),
        (
            f"Aborted\n\nThread 0x2 (m):\n{INVOKE}\nCurrent thread 0x1 (m):\n{MAIN}",
            ("killed", False),
        ),
        (f"Aborted\n\nCurrent thread 0x1 (most):\n{INVOKE}", ("crashed", True)),
    ],
    ids=["kill", "invoke", "camera", "library's thread", "watchdog", "library gave up"],
)
def test_the_threads_tell_what_crashed(
    tmp_path: Path, proc: Path, crash: str, found: tuple[str, bool]
) -> None:
    text = f"Fatal Python error: {crash}" if crash else ""
    assert ending(tmp_path, proc, text) == found


def test_what_is_told_is_what_is_known(tmp_path: Path, proc: Path) -> None:
    write(tmp_path, hottest_c=71.5, flags_seen=[], counters={"frames": 3}, source=None)
    found = last_run.read(tmp_path, proc)
    assert found
    assert set(found.told()) == {"ending", "reason", "hottest_c", "counters"}


def test_the_run_before_the_last_is_known_too(tmp_path: Path, proc: Path) -> None:
    write(tmp_path, last_exit={"ending": "power", "reason": "the power went"})
    found = last_run.read(tmp_path, proc)
    assert found
    assert found.before
    assert (found.before.ending, found.before.reason) == ("power", "the power went")
    assert found.before.before is None


def test_a_library_that_never_returns_while_the_engine_loads_ends_the_process(
    tmp_path: Path,
) -> None:
    words = (
        "import time\nfrom edgeinfer import last_run\nwith last_run.loading(0.1): time.sleep(60)"
    )
    done = subprocess.run(
        [sys.executable, "-c", words],
        env={**os.environ, "EDGEINFER_STATE": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 1
    state.keep(tmp_path / last_run.RECORD, {"ending": "running", "boot_id": last_run.boot_id()})
    before = last_run.read(tmp_path)
    assert before is not None
    assert before.in_engine
    assert before.reason == "the engine did not load in time"
