from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from edgeinfer import plugins
from edgeinfer.errors import PluginError
from edgeinfer.sinks.jsonl import JsonlSink


def test_a_plugin_is_found_by_kind_and_name() -> None:
    assert plugins.find("sink", "jsonl") is JsonlSink


def test_an_unknown_name_is_told_with_the_nearest_and_all_that_are_installed() -> None:
    with pytest.raises(PluginError, match="sink 'jsonk': unknown; did you mean 'jsonl'?") as caught:
        plugins.find("sink", "jsonk")
    assert all(name in str(caught.value) for name in plugins.names("sink"))
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("kind", get_args(plugins.Kind))
def test_every_installed_plugin_loads_and_has_options_where_it_is_configured(
    kind: plugins.Kind,
) -> None:
    for name in plugins.names(kind):
        found = plugins.find(kind, name)
        assert kind == "engine" or hasattr(found, "Options"), f"{kind} {name}"


def test_a_strangers_plugin_has_the_same_way_in(tmp_path: Path) -> None:
    """A package that edgeinfer has never heard of, installed as pip would lay it out."""
    (tmp_path / "stranger.py").write_text(
        "from dataclasses import dataclass\n"
        "class Sink:\n"
        "    @dataclass(frozen=True)\n"
        "    class Options:\n"
        "        path: str\n"
    )
    info = tmp_path / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[edgeinfer.sinks]\nstrange = stranger:Sink\nbroken = stranger:Absent\n"
        "lost = nowhere:Sink\n"
    )
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from edgeinfer import plugins\n"
        "from edgeinfer.errors import PluginError\n"
        "print(plugins.find('sink', 'strange').__name__)\n"
        "for name in ('broken', 'lost'):\n"
        "    try: plugins.find('sink', name)\n"
        "    except PluginError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    found, broken, lost = done.stdout.splitlines()
    assert found == "Sink"
    assert broken.startswith("sink 'broken': cannot be loaded from stranger:Absent: ")
    assert "No module named 'nowhere'" in lost
