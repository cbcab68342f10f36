from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from stat import S_IMODE

from edgeinfer.sinks.dashboard import password


def _make(file: Path, words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edgeinfer", "password", str(file)]
    return subprocess.run(command, input=words, capture_output=True, text=True, check=False)


def test_the_file_holds_a_hash_that_fits_and_is_for_this_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "password"
    done = _make(file, "correct horse\n")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert S_IMODE(file.stat().st_mode) == 0o600
    problems: list[str] = []
    line = password.read(file, problems)
    assert not problems
    assert "correct horse" not in line
    assert password.fits("correct horse", line)
    assert not password.fits("wrong horse", line)


def test_one_that_is_too_short_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("before")
    done = _make(file, "short\n")
    assert done.returncode == 2
    assert "from 8 to 1024 letters" in done.stderr
    assert file.read_text() == "before"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = _make(tmp_path / "none/password", "correct horse\n")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
