"""What the tests share: where the real models, pictures and clips lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("EDGEINFER_SHARED", ROOT.parent / "shared"))


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
