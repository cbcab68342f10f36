"""The rules of docs/architecture.md, held by the syntax trees of the files themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeinfer.cli import VERBS
from tests.conftest import ROOT

PACKAGE = ROOT / "edgeinfer"
FILES = sorted(PACKAGE.rglob("*.py"))

# A module imports only from rows above its own; names of one row never import each other.
ROWS = [
    {"errors"},
    {"core"},
    {"drawing", "picture_header", "whole"},
    {"wire", "picture", "sections", "state"},
    {"config", "plugins", "prepare", "motion", "last_run"},
    {"sources", "engines", "decoders", "trackers", "rules", "sensors", "sinks", "model"},
    {"pipeline", "shorthand"},
    {"loading"},
    {"rungs", "introducing"},
    {"assembly"},
    {"runtime", "tools"},
    {"cli"},
]
LEVEL = {name: level for level, row in enumerate(ROWS) for name in row}

# A heavy or foreign library is the business of one file.
ONE_FILE = {
    "amqtt": "tools/embedded_broker.py",
    "ai_edge_litert.interpreter": "engines/litert.py",
    "ai_edge_litert.schema_py_generated": "model/flatbuffer.py",
    "tflite_runtime": "engines/litert.py",
    "picamera2": "sources/picamera.py",
    "paho": "sinks/broker_connection.py",
    "prometheus_client": "sinks/metrics.py",
    "pydantic": "config.py",
    "starlette": "sinks/dashboard/app.py",
    "uvicorn": "sinks/dashboard/server.py",
    "argon2": "sinks/dashboard/password.py",
    "tomlkit": "sinks/dashboard/toml_text.py",
}
HEAVY = (
    *("numpy", "cv2", "pydantic", "paho", "rich", "ai_edge_litert", "google", "flatbuffers"),
    *("starlette", "uvicorn", "argon2", "tomlkit"),
)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _own_imports(path: Path) -> Iterator[str]:
    """The parts of edgeinfer that a file imports, as in "core"."""
    for name in _imports(path):
        parts = name.split(".")
        if parts[0] == "edgeinfer" and len(parts) > 1 and parts[1] in LEVEL:
            yield parts[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_the_rows_before_its_own(path: Path) -> None:
    part = _part(path)
    if part in ("__init__", "__main__"):
        return
    wrong = [name for name in _own_imports(path) if name != part and LEVEL[name] >= LEVEL[part]]
    assert not wrong, f"{path.relative_to(ROOT)} ({part}) imports {wrong}"


def test_every_part_of_the_package_has_its_row() -> None:
    parts = {_part(path) for path in FILES} - {"__init__", "__main__"}
    assert parts <= set(LEVEL), parts - set(LEVEL)


def test_a_foreign_library_is_imported_in_one_file() -> None:
    found = {
        (library, str(path.relative_to(PACKAGE)))
        for path in FILES
        for name in _imports(path)
        for library in ONE_FILE
        if name == library or name.startswith(f"{library}.")
    }
    assert {(library, file) for library, file in found if ONE_FILE[library] != file} == set()
    assert {library for library, _ in found} == set(ONE_FILE), "this table names what is not used"


def test_core_needs_the_standard_library_and_numpy_alone() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "edgeinfer"}
    for path in (PACKAGE / "core").glob("*.py"):
        assert {name.split(".")[0] for name in _imports(path)} <= allowed, path.name


def test_no_file_is_over_250_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in FILES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 250
    }
    assert not long


def test_the_median_function_has_under_ten_lines() -> None:
    lengths = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    )
    assert lengths[len(lengths) // 2] < 10


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    names = {path.stem for path in FILES} | {path.parent.name for path in FILES}
    assert not names & {"utils", "util", "common", "helpers", "misc", "const", "constants"}


@pytest.mark.parametrize(
    "words",
    [
        ["-c", "import edgeinfer"],
        ["-m", "edgeinfer", "--help"],
        *(["-m", "edgeinfer", verb, "--help"] for verb in VERBS),
    ],
    ids=" ".join,
)
def test_a_light_start_loads_no_heavy_library(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *words], capture_output=True, text=True, check=True
    )
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "edgeinfer" in loaded
    assert not loaded & set(HEAVY)
