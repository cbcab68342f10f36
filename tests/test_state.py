from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import pytest

from edgeinfer import state


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("EDGEINFER_STATE", raising=False)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


def test_what_a_person_names_comes_before_systemd(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path / 'unit'}:{tmp_path / 'second'}")
    assert state.directory() == tmp_path / "unit"
    monkeypatch.setenv("EDGEINFER_STATE", str(tmp_path / "named"))
    assert state.directory() == tmp_path / "named"
    assert not (tmp_path / "second").exists()


def test_without_either_it_lies_in_the_home(tmp_path: Path) -> None:
    assert state.directory() == tmp_path / "home" / "edgeinfer"


def test_it_is_made_for_this_user_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    monkeypatch.setenv("EDGEINFER_STATE", str(path))
    assert state.directory() == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_place_that_cannot_be_made_is_none_and_one_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EDGEINFER_STATE", str(tmp_path / "file" / "state"))
    assert state.directory() is None
    assert state.directory() is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "Not a directory; nothing is kept" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.chmod(0o500)
    monkeypatch.setenv("EDGEINFER_STATE", str(tmp_path))
    assert state.directory() is None
    assert "may not be written to" in caplog.text
    tmp_path.chmod(0o700)


def test_what_is_kept_is_read_again_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for number in (1, 2):
        state.keep(tmp_path / "kept.json", {"number": number, "word": "ü"})
    assert state.kept(tmp_path / "kept.json") == {"number": 2, "word": "ü"}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["kept.json"]


@pytest.mark.parametrize("damaged", [b"", b"{", b"[1]", b"\xff"])
def test_what_cannot_be_read_is_empty(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "kept.json").write_bytes(damaged)
    assert state.kept(tmp_path / "kept.json") == {}
    assert state.kept(tmp_path / "absent.json") == {}


def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    state.keep(path, {"number": 1})
    with pytest.raises(TypeError):
        state.keep(path, {"number": object()})
    assert state.kept(path) == {"number": 1}
