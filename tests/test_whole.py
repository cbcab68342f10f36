from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edgeinfer import whole


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_replaced_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    for data in (b"old", b"new"):
        whole.write(path, data)
        assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        whole.write(tmp_path / "open", b"")
        whole.write(tmp_path / "secret", b"", mode=0o600)
    finally:
        os.umask(before)
    assert (mode(tmp_path / "open"), mode(tmp_path / "secret")) == (0o644, 0o600)


def test_a_left_over_of_another_mode_is_no_way_to_a_secret(tmp_path: Path) -> None:
    (tmp_path / f".secret.{os.getpid()}.part").write_bytes(b"of a run that was killed")
    whole.write(tmp_path / "secret", b"x", mode=0o600)
    assert mode(tmp_path / "secret") == 0o600


def test_another_ones_mode_is_taken_over(tmp_path: Path) -> None:
    like = tmp_path / "like"
    like.touch(0o640)
    whole.write(tmp_path / "copy", b"x", like=like)
    assert mode(tmp_path / "copy") == mode(like)


def test_what_does_not_fit_leaves_the_old_one(tmp_path: Path) -> None:
    """The limit of a file's size stands in for a full card."""
    path = tmp_path / "kept.json"
    path.write_bytes(b"old")
    code = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom edgeinfer import whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "whole.write(Path(sys.argv[1]), bytes(2000))\n"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run([*words, path], capture_output=True, text=True, check=False)
    assert "OSError" in done.stderr
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        whole.write(tmp_path / "none/file", b"")


def test_what_a_killed_process_left_is_known_by_its_name(tmp_path: Path) -> None:
    assert whole.of_part(tmp_path / ".kept.json.123.part") == tmp_path / "kept.json"
    for other in ("kept.json", ".kept.json.part", "kept.json.123.part", ".123.part"):
        assert whole.of_part(tmp_path / other) is None


def test_it_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: there.append((tmp_path / "file").exists()))
    whole.write(tmp_path / "file", b"x")
    whole.write(tmp_path / "other", b"x", sync=False)
    assert there == [False]


def test_of_two_processes_each_writes_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    code = (
        "import sys\nfrom pathlib import Path\nfrom edgeinfer import whole\n"
        "for _ in range(300): whole.write(Path(sys.argv[1]), sys.argv[2].encode() * 200_000)\n"
    )
    words = [sys.executable, "-c", code, str(path)]
    both = [subprocess.Popen([*words, letter], stderr=subprocess.PIPE) for letter in "ab"]
    seen = set()
    while any(process.poll() is None for process in both):
        if path.exists():
            data = path.read_bytes()
            seen.add((data[:1], len(data), len(set(data))))
    assert [process.communicate()[1] for process in both] == [b"", b""]
    assert {(length, letters) for _, length, letters in seen} == {(200_000, 1)}
