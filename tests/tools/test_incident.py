from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeinfer import state
from edgeinfer.last_run import CRASH, RECORD
from edgeinfer.tools.check import check
from edgeinfer.tools.incident import incident
from edgeinfer.tools.line import Line
from edgeinfer.tools.machine import Machine
from tests.tools import machines

CRASHED = "Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n"
IN_ENGINE = '  File "edgeinfer/pipeline.py", line 4 in run\n'


def write(folder: Path, ending: str, reason: str = "", **facts: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    usual = {"ending": ending, "reason": reason, "started": "9:00", "saved": "10:00", "pid": 7}
    state.keep(folder / RECORD, usual | facts)


def line(here: Machine) -> Line:
    (found,) = incident(here)
    return found


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    folder = tmp_path / "state"
    folder.mkdir()
    return Machine(root=tmp_path, state=folder)


def own(here: Machine) -> Path:
    assert here.state
    return here.state


def test_where_nothing_ran_there_is_no_line(here: Machine) -> None:
    assert list(incident(here)) == []


def test_an_end_in_good_order_is_well(here: Machine) -> None:
    write(own(here), "stopped", "asked to stop")
    assert line(here) == Line("last run", "ok", "ended in good order at 10:00: asked to stop")


def test_an_error_is_told_with_the_heat_and_the_firmwares_brakes(here: Machine) -> None:
    write(own(here), "error", "camera: gone", hottest_c=83.6, flags_seen=["throttled", "capped"])
    found = line(here)
    assert found.state == "warn"
    assert found.what == (
        "ended after 10:00: camera: gone; it was up to 84 °C; the firmware said: throttled, capped"
    )
    assert "journalctl -u edgeinfer" in found.advice


@pytest.mark.parametrize(
    ("crash", "advice"), [(CRASHED, CRASH), (CRASHED + IN_ENGINE, "run without it")]
)
def test_a_crash_says_where_to_look(here: Machine, crash: str, advice: str) -> None:
    write(own(here), "running", boot_id="")
    (own(here) / CRASH).write_text(crash)
    assert "crashed" in line(here).what
    assert advice in line(here).advice


def test_a_power_cut_says_what_to_buy(here: Machine) -> None:
    write(own(here), "running", boot_id="another")
    assert "power supply" in line(here).advice


def test_a_service_that_goes_on_tells_of_the_run_before_it(here: Machine) -> None:
    process = here.root / "proc/7"
    process.mkdir(parents=True)
    (process / "stat").write_text("7 (x) " + " ".join(["0"] * 19) + " 50")
    write(own(here), "running", boot_id="", pid_began=50)
    assert line(here) == Line("last run", "ok", "going on since 9:00")
    before = {"ending": "error", "reason": "camera: gone"}
    write(own(here), "running", boot_id="", pid_began=50, last_exit=before)
    found = line(here)
    assert found.state == "warn"
    assert found.what == "going on since 9:00; the one before it ended: camera: gone"


def test_the_services_record_is_found_by_whoever_asks(here: Machine) -> None:
    write(own(here), "stopped", "mine", saved="10:00")
    write(here.root / "var/lib/edgeinfer", "stopped", "the service's", saved="11:00")
    assert "the service's" in line(here).what


def test_it_is_a_line_of_the_doctor(tmp_path: Path) -> None:
    write(tmp_path / "var/lib/edgeinfer", "stopped", "asked to stop")
    assert [found.name for found in check(here=machines.pc(tmp_path))][-1] == "last run"
