from __future__ import annotations

from pathlib import Path

import pytest

from edgeinfer.errors import ConfigError, EngineError
from edgeinfer.tools.check import ask, check, exit_status
from edgeinfer.tools.line import Line, failed
from tests.tools import machines

NAMES = [
    "board", "word size", "system", "python", "page size", "memory", "runtime", "accelerator",
    "usb cameras", "temperature", "clock", "space", "rights",
]  # fmt: skip


def test_a_pc_has_one_line_for_each_question(tmp_path: Path) -> None:
    found = list(check(here=machines.pc(tmp_path)))
    assert [line.name for line in found] == NAMES
    warnings = [line.name for line in found if line.state == "warn"]
    assert warnings == ["usb cameras", "temperature"]
    assert exit_status(found) == 0


def test_a_raspberry_pi_has_lines_of_its_own(tmp_path: Path) -> None:
    found = {line.name: line for line in check(here=machines.pi_4(tmp_path))}
    assert set(found) == {*NAMES, "pi cameras", "power"}
    assert found["temperature"].state == "ok"


@pytest.mark.parametrize(
    ("flags", "state", "what"),
    [
        ("0", "ok", "the firmware does not hold the processor back"),
        ("70000", "ok", "the firmware does not hold the processor back"),
        ("6", "warn", "the firmware says: clock capped, throttled"),
    ],
)
def test_what_the_firmware_holds_back_is_a_line(
    tmp_path: Path, flags: str, state: str, what: str
) -> None:
    here = machines.pi_4(tmp_path)
    machines.write(tmp_path, {"sys/devices/platform/soc/soc:firmware/get_throttled": flags})
    (line,) = [line for line in check(here=here) if line.name == "throttling"]
    assert (line.state, line.what) == (state, what)


def test_a_pi_5_with_a_coral_on_pcie_is_told_what_to_do(tmp_path: Path) -> None:
    here = machines.pi_5(tmp_path)
    machines.pcie_coral(tmp_path, driver=False)
    advice = " ".join(line.advice for line in check(here=here))
    assert "kernel=kernel8.img" in advice
    assert "gasket-dkms" in advice


def test_whatever_is_wrong_with_a_zero_2_w_is_said_with_what_to_do(tmp_path: Path) -> None:
    found = list(check(here=machines.zero_2_w(tmp_path)))
    wrong = {line.name for line in found if line.state != "ok"}
    assert {"memory", "temperature", "power", "clock"} <= wrong
    assert all(line.advice for line in found if line.state != "ok")
    assert exit_status(found) == 0, "a warning is no failure"


def test_a_configuration_adds_its_lines(tmp_path: Path) -> None:
    found = list(check(tmp_path / "absent.toml", machines.pc(tmp_path)))
    assert [line.name for line in found] == [*NAMES, "configuration"]
    assert exit_status(found) == 2


@pytest.mark.parametrize(
    ("names", "status"),
    [([], 0), (["sink"], 1), (["configuration"], 2), (["sink", "configuration"], 2)],
)
def test_the_exit_status_tells_wrong_words_from_a_wrong_world(
    names: list[str], status: int
) -> None:
    found = [Line("board", "ok", "a board"), Line("rights", "warn", "none", "join")]
    assert exit_status([*found, *(Line(name, "fail", "what", "do") for name in names)]) == status


def test_a_failure_becomes_its_lines() -> None:
    def question() -> list[Line]:
        raise EngineError("no interpreter is installed; pip install ai-edge-litert")

    (line,) = ask("runtime", 20, question)
    advice = "pip install ai-edge-litert"
    assert line == Line("runtime", "fail", "no interpreter is installed", advice)


def test_a_failure_without_a_hint_gets_the_advice_of_the_asker() -> None:
    (line,) = failed("source", EngineError("lost"), "try again")
    assert line == Line("source", "fail", "lost", "try again")


def test_every_problem_of_a_configuration_has_its_line() -> None:
    first, second = failed("sink", ConfigError(["a: wrong; do b", "c: wrong"]), "correct it")
    assert first == Line("configuration", "fail", "a: wrong", "do b")
    assert second == Line("configuration", "fail", "c: wrong", "correct it")
