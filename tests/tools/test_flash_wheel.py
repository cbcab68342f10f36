from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from io import BytesIO
from pathlib import Path

import pytest

from edgeinfer.tools.flash_wheel import Wheel, packed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wheel") / Wheel().name
    path.write_bytes(Wheel().content())
    return path


def _installed(wheel: Path, folder: Path) -> Path:
    words = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target"]
    pip = [sys.executable, "-m", "pip", *words, str(folder), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    return folder


def test_the_wheel_of_a_checkout_has_what_a_card_needs(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "edgeinfer/cli/flash.py",
        "edgeinfer/tools/onto_pi/deploy/install.sh",
        "edgeinfer/tools/onto_pi/deploy/first-boot/firstrun.sh",
        "edgeinfer/tools/onto_pi/systemd/edgeinfer.service",
        "edgeinfer/model/cards/coco_ssd_mobilenet_v1.toml",
    ):
        assert name in names


def test_what_pip_installed_is_packed_again_as_it_was(wheel: Path, tmp_path: Path) -> None:
    folder = _installed(wheel, tmp_path / "first")
    info = next(folder.glob("edgeinfer-*.dist-info"))
    again = tmp_path / wheel.name
    again.write_bytes(packed(Distribution.at(info)))
    second = _installed(again, tmp_path / "second")
    code = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.py")}
    assert code
    assert code == {path.relative_to(second): path.read_bytes() for path in second.rglob("*.py")}
    assert (second / info.name / "entry_points.txt").read_bytes() == (
        info / "entry_points.txt"
    ).read_bytes()


def test_a_packed_wheel_names_nothing_of_this_machine(wheel: Path, tmp_path: Path) -> None:
    info = next(_installed(wheel, tmp_path).glob("edgeinfer-*.dist-info"))
    names = zipfile.ZipFile(BytesIO(packed(Distribution.at(info)))).namelist()
    assert not [name for name in names if name.endswith((".pyc", "direct_url.json", "INSTALLER"))]
    assert not [name for name in names if name.startswith(("/", ".."))]


def test_the_version_is_the_one_that_runs() -> None:
    assert distribution("edgeinfer").version in Wheel().name
