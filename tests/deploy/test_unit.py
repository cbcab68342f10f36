"""systemd/edgeinfer.service by systemd's own judgement: tight, and open only with a reason."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

UNIT = ROOT / "systemd/edgeinfer.service"
TEXT = UNIT.read_text(encoding="utf-8")
COMMENTS = "\n".join(line for line in TEXT.splitlines() if line.startswith("#"))
MOST_EXPOSURE = 2.0
# What a comment calls it where that is not its own name: a list, however short, counts as open,
# too.
CALLED = {
    "SystemCallFilter=~@privileged": "adjtimex",
    "SystemCallFilter=~@clock": "adjtimex",
    "SupplementaryGroups=": "groups",
    "RootDirectory=/RootImage=": "RootDirectory=",
    "DeviceAllow=": "Devices by their kind",
    "RestrictAddressFamilies=~AF_(INET|INET6)": "network stays open",
    "RestrictAddressFamilies=~AF_UNIX": "AF_UNIX",
    "RestrictAddressFamilies=~AF_NETLINK": "AF_NETLINK",
}

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze: apt install systemd"
)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is there on any machine."""
    path = tmp_path / UNIT.name
    path.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", TEXT), encoding="utf-8")
    return path


def _analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )


def _security(unit: Path) -> list[dict[str, Any]]:
    done = _analyze("security", "--offline=true", "--json=short", unit)
    settings: list[dict[str, Any]] = json.loads(done.stdout)
    return settings


def test_systemd_has_nothing_to_say_against_the_unit(unit: Path) -> None:
    done = _analyze("verify", "--man=no", unit)

    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_a_misspelt_setting_would_not_go_unnoticed(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec", "WatchdogSeck"))

    assert "WatchdogSeck" in _analyze("verify", "--man=no", unit).stderr


def test_the_unit_is_as_tight_as_it_is_said_to_be(unit: Path) -> None:
    tenths = str(round(MOST_EXPOSURE * 10))
    done = _analyze("security", "--offline=true", f"--threshold={tenths}", unit)

    assert done.returncode == 0, done.stdout


def test_every_setting_that_is_open_says_why(unit: Path) -> None:
    settings = [entry["name"] for entry in _security(unit) if entry.get("exposure")]

    assert settings
    assert [name for name in settings if CALLED.get(name, name) not in COMMENTS] == []


def test_every_group_of_the_unit_is_made_by_sysusers() -> None:
    sysusers = (ROOT / "systemd/sysusers.d/edgeinfer.conf").read_text(encoding="utf-8")
    groups = re.findall(r"^g (\w+)", sysusers, re.MULTILINE)
    members = re.findall(r"^m edgeinfer (\w+)", sysusers, re.MULTILINE)
    asked = re.search(r"^SupplementaryGroups=(.*)$", TEXT, re.MULTILINE)

    assert asked is not None
    assert asked[1].split() == groups == members


def test_the_rules_know_a_coral_before_and_after_its_first_use() -> None:
    rules = (ROOT / "systemd/udev/rules.d/60-edgeinfer.rules").read_text(encoding="utf-8")
    ids = re.findall(r'idVendor}=="(\w+)", ATTR{idProduct}=="(\w+)"', rules)

    # Global Unichip's before, Google's after; the driver's own for PCIe.
    assert ids == [("1a6e", "089a"), ("18d1", "9302")]
    assert 'SUBSYSTEM=="apex"' in rules
