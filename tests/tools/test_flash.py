from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgeinfer.errors import ConfigError, StoreError
from edgeinfer.tools.flash import Plan, Request, plan, undo, write
from edgeinfer.tools.flash_identity import Words, key
from edgeinfer.tools.flash_payload import Along
from tests.tools.cards import PUBLIC_KEY, bookworm, configuration, contents, trixie

PASSWORD = "quote\" 'and ümlaut\\:#"
# What is left of it however a file's rules quote the rest.
PLAIN = "ümlaut"
BOTH = pytest.mark.parametrize("made", [trixie, bookworm])
Made = Callable[[Path], Path]


def planned(folder: Path, made: Made) -> Plan:
    """With what is taken along, so that no wheel has to be built."""
    offline = folder / "offline"
    offline.mkdir()
    for python in ("cp311", "cp313"):
        (offline / f"ai_edge_litert-2-{python}-{python}-linux_aarch64.whl").touch()
    (offline / "edgeinfer-0.1.0-py3-none-any.whl").touch()
    (folder / "id.pub").write_text(PUBLIC_KEY)
    who = Words("porch", "pi", folder / "id.pub", "Büro", PASSWORD, "DE")
    along = Along(configuration(folder), offline=offline)
    return plan(Request(made(folder / "boot"), along, who))


@BOTH
def test_a_plan_writes_nothing(tmp_path: Path, made: Made) -> None:
    before = contents(made(tmp_path / "same"))
    planned(tmp_path, made)
    assert contents(tmp_path / "boot") == before


@BOTH
def test_there_and_back_again(tmp_path: Path, made: Made) -> None:
    before = contents(made(tmp_path / "same"))
    write(planned(tmp_path, made))
    assert contents(tmp_path / "boot") != before
    undo(tmp_path / "boot")
    assert contents(tmp_path / "boot") == before


@BOTH
def test_no_secret_is_shown(tmp_path: Path, made: Made) -> None:
    shown = "\n".join(planned(tmp_path, made).shown().values())
    assert "********" in shown
    assert "porch" in shown
    assert PLAIN not in shown
    assert key("Büro", PASSWORD) not in shown
    assert "s3cret" not in shown


@BOTH
def test_the_password_of_the_wifi_is_nowhere_on_the_card(tmp_path: Path, made: Made) -> None:
    write(planned(tmp_path, made))
    texts = contents(tmp_path / "boot").values()
    assert not [text for text in texts if PLAIN.encode() in text]
    assert [text for text in texts if key("Büro", PASSWORD).encode() in text]


@BOTH
def test_a_second_run_is_refused(tmp_path: Path, made: Made) -> None:
    first = planned(tmp_path, made)
    write(first)
    with pytest.raises(StoreError, match="take it back first with --undo"):
        plan(Request(first.card.boot, Along(tmp_path / "edgeinfer.toml"), Words("porch")))


@BOTH
def test_after_undo_it_can_be_written_again(tmp_path: Path, made: Made) -> None:
    first = planned(tmp_path, made)
    write(first)
    written = contents(tmp_path / "boot")
    undo(tmp_path / "boot")
    write(first)
    assert contents(tmp_path / "boot") == written


def test_the_last_file_is_the_one_that_makes_the_others_count(tmp_path: Path) -> None:
    assert planned(tmp_path, bookworm).files[-1].name == "cmdline.txt"


def test_undo_of_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        undo(tmp_path / "none")
