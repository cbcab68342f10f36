from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.tools.accelerator import accelerator, page_size
from edgeinfer.tools.line import Line
from edgeinfer.tools.machine import Machine
from tests.tools import machines


def loads(_: str) -> bool:
    return True


def states(here: Machine) -> list[tuple[str, str]]:
    lines = list(accelerator(here, loads))
    assert all(bool(line.advice) == (line.state != "ok") for line in lines)
    return [(line.state, line.what) for line in lines]


def test_a_machine_without_an_accelerator_is_fine(tmp_path: Path) -> None:
    assert states(machines.pc(tmp_path)) == [("ok", "none: the CPU runs the model")]


@pytest.mark.parametrize("ids", [("1a6e", "089a"), ("18d1", "9302")])
def test_a_coral_on_usb_3_is_found_before_and_after_its_first_use(
    tmp_path: Path, ids: tuple[str, str]
) -> None:
    here = machines.pi_4(tmp_path)
    machines.usb_coral(tmp_path, *ids, "5000")
    assert states(here) == [
        ("ok", "Coral on USB, 5000 Mbit/s"),
        ("ok", "libedgetpu.so.1 can be loaded"),
    ]


def test_a_coral_in_a_usb_2_port_is_a_warning(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.usb_coral(tmp_path, "18d1", "9302", "480")
    assert states(here)[0] == ("warn", "Coral on USB, with no more than USB 2 (480 Mbit/s)")


def test_another_usb_device_is_no_coral(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.usb_coral(tmp_path, "18d1", "089a", "480")
    assert states(here) == [("ok", "none: the CPU runs the model")]


def test_a_library_that_is_missing_is_a_warning_where_there_is_a_coral(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.usb_coral(tmp_path, "1a6e", "089a", "5000")
    *_, line = accelerator(here, lambda _: False)
    assert (line.state, line.what) == ("warn", "libedgetpu.so.1 cannot be loaded")
    assert "libedgetpu1-std" in line.advice


def test_a_coral_on_pcie_is_found_by_its_driver(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.pcie_coral(tmp_path, driver=True)
    assert states(here)[0] == ("ok", "Coral on PCIe, /dev/apex_0")


def test_a_coral_on_pcie_without_its_driver_is_a_warning(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.pcie_coral(tmp_path, driver=False)
    state, what = states(here)[0]
    assert state == "warn"
    assert "no driver" in what


@pytest.mark.parametrize("driver", [True, False])
def test_a_pi_5_with_a_coral_on_pcie_needs_small_pages(tmp_path: Path, driver: bool) -> None:
    here = machines.pi_5(tmp_path)
    assert list(page_size(here)) == [Line("page size", "ok", "16 KiB")]
    machines.pcie_coral(tmp_path, driver=driver)
    (line,) = page_size(here)
    assert line.state == "warn"
    assert "kernel=kernel8.img" in line.advice


def test_small_pages_are_right_for_a_coral_on_pcie(tmp_path: Path) -> None:
    here = machines.pi_4(tmp_path)
    machines.pcie_coral(tmp_path, driver=True)
    assert list(page_size(here)) == [Line("page size", "ok", "4 KiB")]
