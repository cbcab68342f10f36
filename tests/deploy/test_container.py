from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from edgeinfer import assembly, config
from tests.conftest import ROOT
from tests.deploy.tools import quiet, tool

FOLDER = ROOT / "deploy/container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text()


@pytest.fixture
def compose(tmp_path: Path) -> dict[str, Any]:
    """As the client reads it, with the files that a person puts beside it."""
    name = tool("docker-compose", "apt install docker-compose")
    shutil.copytree(FOLDER, tmp_path / "container")
    (tmp_path / "container/mqtt-password").write_text("secret\n")
    text = quiet(name, "-f", "compose.yaml", "config", cwd=tmp_path / "container")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = tool("hadolint", "pip install -e .[deploy]")
    assert quiet(hadolint, "--no-color", "-t", "style", FOLDER / "Dockerfile") == ""


def test_it_is_nobody_in_particular() -> None:
    assert "\nUSER 10001:10001\n" in DOCKERFILE
    assert DOCKERFILE.index("USER 10001") < DOCKERFILE.index("ENTRYPOINT")


def test_every_path_that_is_copied_is_let_through() -> None:
    """By the list of what the builder is sent; another one would be missing, silently."""
    let_through = (FOLDER / "Dockerfile.dockerignore").read_text()
    copies = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY ")]
    paths = [path for words in copies for path in words if not path.startswith(("--", "/"))]
    assert len(paths) > 5
    for path in paths:
        assert (ROOT / path).exists(), path
        assert f"!{path}" in let_through, path


def test_it_copies_all_that_a_wheel_is_made_of(tmp_path: Path) -> None:
    """What is let through, laid out as the builder has it, gives the same files as the checkout."""
    for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines():
        if line.startswith("!"):
            source, target = ROOT / line[1:], tmp_path / line[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
    python = tool("python3", "apt install python3")
    quiet(python, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path / "out", tmp_path)
    quiet(python, "-m", "zipfile", "-e", *(tmp_path / "out").glob("*.whl"), tmp_path / "got")
    assert (tmp_path / "got/edgeinfer/tools/onto_pi/deploy/install.sh").exists()
    assert (tmp_path / "got/edgeinfer/model/cards/coco_ssd_mobilenet_v1.toml").exists()


def test_compose_closes_what_can_be_closed(compose: dict[str, Any]) -> None:
    service = compose["services"]["edgeinfer"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_compose_hands_the_secret_on_as_a_file(compose: dict[str, Any]) -> None:
    assert compose["services"]["edgeinfer"]["secrets"] == [{"source": "mqtt-password"}]
    assert "CREDENTIALS_DIRECTORY=/run/secrets" in DOCKERFILE


def test_its_configuration_is_valid(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text("secret\n")
    with contextlib.chdir(tmp_path):
        settings = assembly.configure(config.read(FOLDER / "edgeinfer.toml"))
    assert [sink.type for sink in settings.sinks] == ["mqtt", "metrics"]
