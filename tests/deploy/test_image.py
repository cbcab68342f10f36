"""The layer for rpi-image-gen: its fields, and its hook, run in a root of Debian's."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.deploy import machines

FOLDER = ROOT / "deploy/image"
LAYER = FOLDER / "layer/edgeinfer.yaml"


def fields() -> dict[str, str]:
    """What stands between METABEGIN and METAEND; a line that begins with a space goes on."""
    text = LAYER.read_text().partition("METABEGIN\n")[2].partition("# METAEND")[0]
    lines = [line.removeprefix("#").removeprefix(" ") for line in text.splitlines()]
    joined = "\n".join(lines).replace("\n ", " ")
    return dict(re.findall(r"^(X-Env-[\w-]+):[ ]?(.*)$", joined, re.MULTILINE))


def test_every_variable_is_explained_and_checked() -> None:
    names = {name for name in fields() if re.fullmatch(r"X-Env-Var-[a-z]+", name)}
    assert names == {"X-Env-Var-checkout", "X-Env-Var-wheels", "X-Env-Var-config"}
    for name in names:
        for attribute in ("Desc", "Required", "Valid", "Set"):
            assert fields()[f"{name}-{attribute}"]


def test_the_layer_has_the_fields_that_each_must_have() -> None:
    assert fields()["X-Env-Layer-Name"] == "edgeinfer"
    assert re.fullmatch(r"\d+\.\d+\.\d+", fields()["X-Env-Layer-Version"])


def test_the_hook_reads_the_variables_of_the_layer_alone() -> None:
    used = set(re.findall(r"IGconf_edgeinfer_(\w+)", hook()))
    assert {f"X-Env-Var-{name}" for name in used} <= set(fields())


def test_the_configurations_name_the_layer() -> None:
    plain, doubled = (
        yaml.safe_load((FOLDER / f"config/{name}.yaml").read_text())
        for name in ("edgeinfer", "edgeinfer-ab")
    )
    assert plain["layer"]["app"] == "edgeinfer"
    assert doubled["include"]["file"] == "edgeinfer.yaml"
    assert doubled["image"]["layer"] == "image-rota"


def test_what_is_kept_lies_on_the_partition_that_both_systems_share() -> None:
    overlay = FOLDER / "layer/edgeinfer.d/customize.overlay/etc/rpi-image-gen/slot-shared.d"
    assert (overlay / "edgeinfer.conf").read_text().splitlines() == [
        "Version=1",
        "Path=/var/lib/edgeinfer",
        "Path=/etc/edgeinfer",
    ]


def hook() -> str:
    document: dict[str, Any] = yaml.safe_load(LAYER.read_text())
    text: str = document["mmdebstrap"]["customize-hooks"][0]
    return text


@pytest.fixture
def wheels() -> Path:
    if os.geteuid() != 0 or platform.machine() != "x86_64" or machines.missing():
        pytest.skip(machines.missing() or "needs root on x86-64, for a root of Debian's")
    return machines.prepare()


@pytest.fixture
def root(tmp_path: Path, wheels: Path) -> Iterator[Path]:
    """As mmdebstrap has it when it runs its hooks: its programs can be run, no service does."""
    assert wheels.is_dir()  # made with the root that is taken here
    for part in ("root", "changed", "work"):
        (tmp_path / part).mkdir()
    layers = f"lowerdir={machines.CACHE}/root,upperdir={tmp_path}/changed,workdir={tmp_path}/work"
    path = tmp_path / "root"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, path], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", path / "proc"], check=True)
    yield path
    subprocess.run(["umount", path / "proc"], check=True)
    subprocess.run(["umount", "--lazy", path], check=True)


@pytest.mark.machine
@pytest.mark.timeout(600)
def test_the_hook_leaves_an_image_that_starts_with_edgeinfer(
    root: Path, wheels: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_text('[source]\ntype = "synthetic"\n')
    variables = {
        "IGconf_edgeinfer_checkout": str(ROOT),
        "IGconf_edgeinfer_wheels": str(wheels),
        "IGconf_edgeinfer_config": str(tmp_path / "own.toml"),
    }
    done = subprocess.run(
        ["sh", "-c", hook(), "hook", str(root)],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (root / "etc/edgeinfer/edgeinfer.toml").read_text().startswith("[source]")
    wanted = root / "etc/systemd/system/multi-user.target.wants/edgeinfer.service"
    assert wanted.is_symlink()
    version = ["chroot", str(root), "edgeinfer", "--version"]
    assert "edgeinfer" in subprocess.run(version, capture_output=True, text=True, check=True).stdout
    assert not (root / "run/edgeinfer-given").exists()
