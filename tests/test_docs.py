"""The pages tell the truth: their code runs, their links lead somewhere, no file is left out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from edgeinfer.picture import load
from tests.conftest import ROOT
from tests.test_architecture import FILES, PACKAGE, ROWS

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([\w-]+))?\)")
_FILE_BLOCK = re.compile(r"^`([\w/.-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{target} is not there"
        assert not anchor or anchor in _anchors(path), f"{path.name} has no heading #{anchor}"


# docs/architecture.md


def _architecture() -> str:
    return (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def test_the_architecture_has_a_word_on_every_file() -> None:
    text = _architecture()
    names = [str(path.relative_to(PACKAGE)) for path in FILES if path.name != "__init__.py"]
    missing = [name for name in names if f"`{name}`" not in text]
    assert not missing, "give each a sentence in docs/architecture.md, under File by file"


def test_the_architecture_speaks_of_no_file_that_is_not_there() -> None:
    named = set(re.findall(r"\*\*`([\w/]+\.py)`", _architecture()))
    assert named
    assert not [name for name in named if not (PACKAGE / name).is_file()]


def test_the_layers_of_the_page_are_those_that_the_test_holds() -> None:
    block = re.search(r"^## Layers\n.*?```\n(.*?)```", _architecture(), re.MULTILINE | re.DOTALL)
    assert block
    assert [set(row.split()) for row in block[1].split("<")] == ROWS


# docs/adding-a-plugin.md


@pytest.fixture
def porch(tmp_path: Path) -> Path:
    """The package of the page, laid out as pip would install it, with all its files."""
    page = (ROOT / "docs/adding-a-plugin.md").read_text(encoding="utf-8")
    for name, text in _FILE_BLOCK.findall(page):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "edgeinfer_porch/__init__.py").touch()
    _install(tmp_path)
    return tmp_path


def _install(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    info = folder / "edgeinfer_porch-0.1.0.dist-info"
    info.mkdir()
    name, version = project["name"], project["version"]
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = project["entry-points"].items()
    lines = [
        line
        for group, entries in groups
        for line in (f"[{group}]", *(f"{name} = {place}" for name, place in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


def _python(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **env},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def _events(text: str) -> list[dict[str, Any]]:
    return [row for row in map(json.loads, text.splitlines()) if row["type"] == "event"]


def test_the_plug_ins_of_the_page_run_in_the_service(porch: Path, models: Path) -> None:
    words = "run --source synthetic:signs --frames 60 --model coco_ssd_mobilenet_v1 -c porch.toml"
    done = _python(porch, "-m", "edgeinfer", *words.split(), EDGEINFER_MODELS=str(models))
    assert done.returncode == 0, done.stderr
    first = _events(done.stdout)[0]
    assert (first["rule"], first["kind"]) == ("signs", "changed")
    assert first["facts"] == {"count": 1, "before": 0}
    kept = sorted((porch / "pictures").iterdir())
    assert kept
    assert all(path.suffix == ".jpg" for path in kept)
    assert load(kept[0]).shape == (480, 640, 3)


def test_the_source_of_the_page_runs_in_the_service(
    porch: Path, models: Path, images: Path
) -> None:
    picture = porch / "now.jpg"
    picture.write_bytes((images / "cat_720p.jpg").read_bytes())
    words = "run --source latest:now.jpg --frames 1 --model mobilenet_v1_0.25_128"
    done = _python(porch, "-m", "edgeinfer", *words.split(), EDGEINFER_MODELS=str(models))
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["source"] == "now.jpg"
    assert "cat" in row["findings"][0]["label"]


def test_the_tests_of_the_page_pass(porch: Path) -> None:
    done = _python(porch, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_the_code_of_the_page_keeps_the_rules_of_the_house(porch: Path) -> None:
    package = str(porch / "edgeinfer_porch")
    settings = ["--config", str(ROOT / "pyproject.toml")]
    for check in (["check"], ["format", "--check"]):
        done = _python(porch, "-m", "ruff", *check, *settings, package)
        assert done.returncode == 0, done.stdout
    done = _python(porch, "-m", "mypy", "--strict", "--cache-dir", str(porch / ".mypy"), package)
    assert done.returncode == 0, done.stdout
