"""What the tests share: where the real models, pictures and clips lie."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import settings

from tests.brokers import Mosquitto

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("EDGEINFER_SHARED", ROOT.parent / "shared"))

# The same examples in every run: what fails here fails for everybody.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def state_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Not the developer's own; one for all tests, so that each model is probed once."""
    os.environ["EDGEINFER_STATE"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder of real .tflite files."""
    named = os.environ.get("EDGEINFER_MODELS")
    folder = Path(named) if named else SHARED / "models"
    if not folder.is_dir():
        pytest.skip("no real models: set EDGEINFER_MODELS to a folder that holds them")
    return folder.resolve()


@pytest.fixture(scope="session")
def images() -> Path:
    return _shared("images")


@pytest.fixture(scope="session")
def clips() -> Path:
    return _shared("clips")


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no real {name}: set EDGEINFER_SHARED to the folder that holds {name}/")
    return folder.resolve()


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Starts a real Mosquitto with the arguments of `tests.brokers.Mosquitto`, and ends it."""
    with ExitStack() as stack:

        def start(**options: Any) -> Mosquitto:
            folder = Path(mkdtemp(prefix="mosquitto", dir=tmp_path))
            return stack.enter_context(Mosquitto(folder, **options))

        yield start


@pytest.fixture
def mosquitto(start_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A real Mosquitto that lets everybody in, without TLS."""
    return start_mosquitto()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(filler: Path) -> None:
    """Until the disk is full."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
